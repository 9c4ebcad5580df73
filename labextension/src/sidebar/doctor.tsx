/** The environment doctor's light: one dot, one sentence, and the way to the fix. */

import * as React from 'react';

import { useSidebar } from './context';
import type * as wire from './messages';

const PAUSE_MS = 1500;

/** The page could not ask: the reason in place of a light. */
function unknownLight(error: unknown): wire.DoctorLight {
  const why = error instanceof Error ? error.message : String(error);
  return { light: 'unknown', headline: { en: why, zh: why }, errors: 0, warnings: 0, first: null };
}

/** Asked once after the numbers are there, for it looks at every package; again on a click. */
export function DoctorLight(): JSX.Element {
  const { trans, say, actions } = useSidebar();
  const [light, setLight] = React.useState<wire.DoctorLight | null>(null);
  const [asking, setAsking] = React.useState(false);
  const ask = React.useCallback(
    (again: boolean): void => {
      setAsking(true);
      actions
        .doctor(again)
        .then(setLight, (error: unknown) => setLight(unknownLight(error)))
        .finally(() => setAsking(false));
    },
    [actions]
  );
  React.useEffect(() => {
    const timer = window.setTimeout(() => ask(false), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [ask]);
  const words = light ? say(light.headline) : trans.__('not checked yet');
  const names: { [light in wire.DoctorLight['light']]: string } = {
    unknown: trans.__('unknown'),
    green: trans.__('good'),
    yellow: trans.__('warning'),
    red: trans.__('fault')
  };
  const state = light ? names[light.light] : trans.__('unknown');
  return (
    <div className="pl-doctor">
      <button
        className="pl-doctor-button"
        onClick={() => ask(true)}
        disabled={asking}
        title={trans.__('Check the environment again')}
      >
        <span className={`pl-light pl-mod-${light?.light ?? 'unknown'}`} aria-hidden="true" />
        <span>{asking ? trans.__('Checking…') : trans.__('Environment: %1', state)}</span>
      </button>
      <p className="pl-doctor-words">{words}</p>
      {light?.first ? (
        <>
          <p className="pl-doctor-fix" title={say(light.first.fix)}>
            {say(light.first.fix)}
          </p>
          <button className="pl-link" onClick={() => actions.openDoctor()}>
            {trans.__('All findings, in a notebook')}
          </button>
        </>
      ) : null}
    </div>
  );
}
