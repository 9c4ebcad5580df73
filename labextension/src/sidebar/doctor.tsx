/** The environment doctor's light: one dot, one sentence, and the way to the fix. */

import * as React from 'react';

import { useSidebar } from './context';
import { askAgainAfter, nameOf, noteOf } from './doctorWords';
import type * as wire from './messages';
import { messageOf } from './request';

const PAUSE_MS = 1500;

/** The page could not ask: the reason in place of a light. */
function unknownLight(error: unknown): wire.DoctorLight {
  const why = messageOf(error);
  return {
    light: 'unknown',
    headline: { en: why, zh: why },
    errors: 0,
    warnings: 0,
    first: null,
    imports: 'untried'
  };
}

/**
 * One dot, and of one height what it means: the buttons stand above, and nothing below moves.
 * Asked once after the numbers are there, for it looks at every package; again on a click, and by
 * itself while the server finds out whether Paddle can be imported.
 */
export function Environment(): JSX.Element {
  const { trans, say, actions } = useSidebar();
  const [light, setLight] = React.useState<wire.DoctorLight | null>(null);
  const [asking, setAsking] = React.useState(false);
  const ask = React.useCallback(
    (again: boolean): Promise<void> =>
      actions.doctor(again).then(setLight, (error: unknown) => setLight(unknownLight(error))),
    [actions]
  );
  const check = React.useCallback(
    (again: boolean): void => {
      setAsking(true);
      void ask(again).finally(() => setAsking(false));
    },
    [ask]
  );
  React.useEffect(() => {
    const timer = window.setTimeout(() => check(false), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [check]);
  React.useEffect(() => {
    const pause = askAgainAfter(light);
    if (pause === null) {
      return;
    }
    const timer = window.setTimeout(() => void ask(false), pause);
    return () => window.clearTimeout(timer);
  }, [light, ask]);
  const words = light ? say(light.headline) : trans.__('not checked yet');
  const title = light?.first ? say(light.first.title) : '';
  const note = noteOf(light, trans);
  return (
    <div className="pl-doctor">
      <button
        className="pl-doctor-button"
        onClick={() => check(true)}
        disabled={asking}
        title={trans.__('Check the environment again')}
      >
        <span className={`pl-light pl-mod-${light?.light ?? 'unknown'}`} aria-hidden="true" />
        <span>{asking ? trans.__('Checking…') : trans.__('Environment: %1', nameOf(light, trans))}</span>
      </button>
      <div className="pl-doctor-links">
        <button className="pl-link" onClick={() => actions.openDoctor()}>
          {trans.__('Open the environment check')}
        </button>
        <button className="pl-link" onClick={() => void actions.copyDiagnostics()}>
          {trans.__('Copy diagnostics')}
        </button>
      </div>
      <div className="pl-doctor-told">
        <div aria-live="polite">
          <p className="pl-doctor-words" title={words}>
            {words}
          </p>
          {note ? <p className="pl-doctor-imports">{note}</p> : null}
        </div>
        {light?.first ? (
          <>
            {title === words ? null : (
              <p className="pl-doctor-words" title={title}>
                {title}
              </p>
            )}
            <p className="pl-doctor-fix" title={say(light.first.fix)}>
              {say(light.first.fix)}
            </p>
          </>
        ) : null}
      </div>
    </div>
  );
}
