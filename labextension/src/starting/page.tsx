/** The page of a data file: what is in it, what is chosen, what it takes, and the cell that starts it. */

import { type ISessionContext, ReactWidget } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import '../../style/starting/page.css';

import { LOAD, isLoaded, runInNotebook } from '../sidebar/cells';
import { Choices } from './choices';
import { Data } from './data';
import { type IForm, lineOf, optionsOf } from './form';
import { useLook } from './looking';
import type { Problem, RoleRead } from './messages';
import { notebooksBeside } from './notebooks';
import type { IReader } from './open';
import { messageOf } from '../sidebar/request';

/** The content of the page. `started` is told when the cell was written. */
export class StartPage extends ReactWidget {
  constructor(
    private readonly _reader: IReader,
    private readonly _file: string,
    private readonly _started: () => void
  ) {
    super();
    this.addClass('pl-start');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _reader.trans.__('Fine-tune %1', PathExt.basename(_file)));
    this.node.tabIndex = -1;
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected render(): JSX.Element {
    return <Page reader={this._reader} file={this._file} started={this._started} />;
  }
}

function Page({ reader, file, started }: { reader: IReader; file: string; started: () => void }): JSX.Element {
  const { app, trans, say } = reader;
  const [form, setForm] = React.useState<IForm>({ columns: {} });
  // Which option names a role's column is known from the first answer on; so are columns to choose.
  const roles = React.useRef<RoleRead[]>([]);
  const options = optionsOf(form, roles.current);
  const { look, busy, problem } = useLook(file, options, app.serviceManager.serverSettings);
  roles.current = look?.roles ?? roles.current;
  const line = lineOf(PathExt.basename(file), options);
  const error = problem ?? look?.error ?? null;
  return (
    <div className="pl-start-page" aria-busy={busy}>
      <h1 className="pl-start-title">
        {trans.__('Fine-tune %1', PathExt.basename(file))}
        <span className="pl-start-busy" role="status">
          {busy ? (look ? trans.__('Reading again…') : trans.__('Reading the file…')) : ''}
        </span>
      </h1>
      {error ? <Trouble error={error} say={say} /> : null}
      <div className="pl-start-columns">
        {look ? <Data reader={reader} look={look} /> : <div />}
        <div className="pl-start-side">
          {look ? <Choices reader={reader} look={look} form={form} choose={setForm} /> : null}
          <Cell reader={reader} file={file} line={line} ready={!busy && !error && Boolean(look?.plan)} started={started} />
        </div>
      </div>
    </div>
  );
}

/** What is wrong, in the words of the error itself. */
function Trouble({ error, say }: { error: Problem | string; say: IReader['say'] }): JSX.Element {
  const parts = typeof error === 'string' ? [error] : [error.what, error.why, error.fix].flatMap(one => (one ? [say(one)] : []));
  return (
    <div className="pl-start-trouble" role="alert" data-code={typeof error === 'string' ? undefined : error.code}>
      {parts.map(part => (
        <p key={part}>{part}</p>
      ))}
    </div>
  );
}

interface ICellProps {
  reader: IReader;
  file: string;
  line: string;
  ready: boolean;
  started: () => void;
}

const NEW = '';

/** The cell as it will be written, where, and the button that runs it. */
function Cell({ reader, file, line, ready, started }: ICellProps): JSX.Element {
  const { app, trans } = reader;
  const [target, setTarget] = React.useState<string | null>(null);
  const [failed, setFailed] = React.useState('');
  const [starting, setStarting] = React.useState(false);
  const beside = notebooksBeside(app, file);
  const paths = beside.map(one => one.context.path);
  const chosen = target !== null && (target === NEW || paths.includes(target)) ? target : paths[0] ?? NEW;
  // Kernels say whether they have loaded Paddle Lab: the cell then needs one line less.
  const [loaded, setLoaded] = React.useState(false);
  React.useEffect(() => {
    const session = notebooksBeside(app, file).find(one => one.context.path === chosen)?.sessionContext;
    void isLoaded(session as ISessionContext | undefined).then(setLoaded, () => setLoaded(false));
  }, [app, file, chosen]);
  const start = async (): Promise<void> => {
    setStarting(true);
    setFailed('');
    try {
      const path = await runInNotebook(app, chosen || null, line, PathExt.dirname(file));
      if (path === null) {
        setFailed(trans.__('The notebook could not be run here. Run the cell yourself.'));
      } else {
        started();
      }
    } catch (error) {
      setFailed(messageOf(error));
    } finally {
      setStarting(false);
    }
  };
  return (
    <section className="pl-start-cell" aria-labelledby="pl-start-cell-title">
      <h2 id="pl-start-cell-title">{trans.__('The cell')}</h2>
      <pre tabIndex={0} aria-labelledby="pl-start-cell-title">
        {loaded ? '' : `${LOAD}\n`}
        {line}
      </pre>
      <label className="pl-start-field">
        <span>{trans.__('Write it into')}</span>
        <select value={chosen} onChange={event => setTarget(event.target.value)}>
          {paths.map(path => (
            <option key={path} value={path}>
              {PathExt.basename(path)}
            </option>
          ))}
          <option value={NEW}>{trans.__('a new notebook beside the file')}</option>
        </select>
      </label>
      <button className="pl-start-go jp-mod-styled jp-mod-accept" disabled={!ready || starting} onClick={() => void start()}>
        {starting ? trans.__('Starting…') : trans.__('Start')}
      </button>
      <p role="status">{failed}</p>
    </section>
  );
}
