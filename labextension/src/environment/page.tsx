/** The page of the environment check: what is wrong, why, and the commands that mend it. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import '../../style/environment/page.css';

import { askAgainAfter, nameOf } from '../sidebar/doctorWords';
import type { DoctorLight } from '../sidebar/messages';
import { ChecksApi, type Depth, type IState, NOTHING, after, failed, isRunning } from './checks';
import { Results } from './results';
import type { Kernel, Problem } from './messages';
import type { IReader } from './open';
import { messageOf } from '../sidebar/request';

/** The content of the page. */
export class EnvironmentPage extends ReactWidget {
  constructor(private readonly _reader: IReader) {
    super();
    this.addClass('pl-env');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _reader.trans.__('Environment check'));
    this.node.tabIndex = -1;
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected render(): JSX.Element {
    return <Page reader={this._reader} />;
  }
}

function Page({ reader }: { reader: IReader }): JSX.Element {
  const { app, trans, language } = reader;
  const api = React.useMemo(() => new ChecksApi(app.serviceManager.serverSettings, language), [app, language]);
  const [kernels, setKernels] = React.useState<Kernel[]>([]);
  const [kernel, setKernel] = React.useState('');
  const [state, setState] = React.useState<IState>(NOTHING);
  const [light, setLight] = React.useState<DoctorLight | null>(null);
  const wanted = React.useRef(0);
  const here = kernel === '' || (kernels.find(one => one.name === kernel)?.here ?? true);

  const begin = React.useCallback(
    (name: string, depth: Depth): void => {
      const mine = ++wanted.current;
      const still = (): boolean => mine === wanted.current;
      api
        .follow(name, depth, check => {
          if (still()) {
            setState(before => after(before, check));
          }
          return still();
        })
        .catch((error: unknown) => {
          if (still()) {
            setState(before => failed(before, error));
          }
        });
    },
    [api]
  );
  const askLight = React.useCallback(
    (again: boolean): Promise<void> => api.light(again).then(setLight, () => setLight(null)),
    [api]
  );

  React.useEffect(() => {
    begin('', 'look');
    void askLight(false);
    api.kernels().then(setKernels, () => setKernels([]));
    return () => {
      wanted.current += 1; // nobody sees what comes now
    };
  }, [api, begin, askLight]);

  // The imports are tried in the background: when that ends, the page looks anew.
  const imports = React.useRef<DoctorLight['imports'] | null>(null);
  React.useEffect(() => {
    const pause = here ? askAgainAfter(light) : null;
    if (imports.current && askAgainAfter({ ...(light as DoctorLight), imports: imports.current }) !== null && pause === null && here) {
      begin(kernel, 'look');
    }
    imports.current = light?.imports ?? null;
    if (pause === null) {
      return;
    }
    const timer = window.setTimeout(() => void askLight(false), pause);
    return () => window.clearTimeout(timer);
  }, [light, here, kernel, begin, askLight]);

  const choose = (name: string): void => {
    setKernel(name);
    setState(NOTHING);
    begin(name, 'look');
  };
  const again = (): void => {
    if (here) {
      void askLight(true);
    }
    begin(kernel, here ? 'look' : 'imports');
  };
  const cancel = (): void => {
    if (state.check) {
      void api.cancel(state.check.id).then(
        check => setState(before => after(before, check)),
        (error: unknown) => setState(before => failed(before, error))
      );
    }
  };
  const running = isRunning(state);
  return (
    <div className="pl-env-page" aria-busy={running}>
      <div className="pl-env-head">
        <h1>{trans.__('Environment check')}</h1>
        {kernels.length > 1 ? (
          <label>
            <span>{trans.__('Kernel')}</span>
            <select value={kernel || kernels[0]?.name} onChange={event => choose(event.target.value)}>
              {kernels.map(one => (
                <option key={one.name} value={one.name} disabled={!one.exists}>
                  {one.exists ? `${one.title} (${one.name})` : trans.__('%1 (its Python is gone)', one.title)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <div className="pl-env-tools">
          <button className="jp-mod-styled jp-mod-reject" disabled={running} onClick={again}>
            {trans.__('Check again')}
          </button>
          <button
            className="jp-mod-styled jp-mod-reject"
            disabled={running}
            title={trans.__('Trains a step in a process of its own and tries what mends a failure; minutes')}
            onClick={() => begin(kernel, 'full')}
          >
            {trans.__('Full check')}
          </button>
          {state.foundBy ? <CopyReport reader={reader} api={api} id={state.foundBy} /> : null}
        </div>
      </div>
      <Progress reader={reader} state={state} cancel={cancel} />
      {state.problem ? <Trouble problem={state.problem} reader={reader} /> : null}
      {here && light ? <Imports reader={reader} light={light} /> : null}
      {state.found ? <Results reader={reader} found={state.found} /> : null}
    </div>
  );
}

/** What runs now, its last lines, and the button that ends it. */
function Progress({ reader, state, cancel }: { reader: IReader; state: IState; cancel: () => void }): JSX.Element {
  const { trans } = reader;
  const { check } = state;
  const running = isRunning(state);
  const texts: { [depth in Depth]: string } = {
    look: trans.__('Looking at the environment…'),
    imports: trans.__('Importing paddle and paddlenlp in a process of its own…'),
    full: trans.__('Full check: training a step in a process of its own…')
  };
  return (
    <div className="pl-env-progress">
      <div role="status">
        {check && running ? <p>{texts[check.depth]}</p> : null}
        {check?.state === 'cancelled' ? <p>{trans.__('Cancelled.')}</p> : null}
        {check && running && check.said.length ? <p className="pl-env-said">{check.said[check.said.length - 1]}</p> : null}
      </div>
      {check && running && check.depth !== 'look' ? (
        <button className="jp-mod-styled jp-mod-warn" onClick={cancel}>
          {trans.__('Cancel')}
        </button>
      ) : null}
    </div>
  );
}

/** The light of the server's own environment, which changes by itself when the imports were tried. */
function Imports({ reader, light }: { reader: IReader; light: DoctorLight }): JSX.Element {
  const { trans } = reader;
  const words: { [imports in DoctorLight['imports']]: string } = {
    work: trans.__('paddle and paddlenlp were imported'),
    fail: trans.__('an import fails'),
    untried: trans.__('not tried yet: Check again tries them'),
    waiting: trans.__('tried as soon as this machine is calm; Check again tries them now'),
    trying: trans.__('being tried…')
  };
  return (
    <p className="pl-env-imports" aria-live="polite">
      <span className={`pl-light pl-mod-${light.light}`} aria-hidden="true" />
      {trans.__('Light: %1. Imports: %2', nameOf(light, trans), words[light.imports])}
    </p>
  );
}

function Trouble({ problem, reader }: { problem: Problem | string; reader: IReader }): JSX.Element {
  const parts =
    typeof problem === 'string'
      ? [problem]
      : [problem.what, problem.why, problem.fix].flatMap(part => (part ? [reader.say(part)] : []));
  return (
    <div className="pl-env-trouble" role="alert">
      {parts.map(part => (
        <p key={part}>{part}</p>
      ))}
    </div>
  );
}

function CopyReport({ reader, api, id }: { reader: IReader; api: ChecksApi; id: string }): JSX.Element {
  const { trans } = reader;
  const [said, setSaid] = React.useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(await api.report(id));
      setSaid(trans.__('Copied.'));
    } catch (error) {
      setSaid(messageOf(error));
    }
  };
  return (
    <>
      <button
        className="jp-mod-styled jp-mod-reject"
        title={trans.__('A report that can be posted: no tokens, no names of people or machines')}
        onClick={() => void copy()}
      >
        {trans.__('Copy report')}
      </button>
      <span role="status">{said}</span>
    </>
  );
}
