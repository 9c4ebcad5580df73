/** The page of models: what is here, what can be had, at what cost, and a notebook that uses one. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import '../../style/starting/page.css';
import '../../style/starting/models.css';

import { tuneIcon } from '../icons';
import type { Models } from '../page/messages';
import { openOnce } from '../page/openOnce';
import { messageOf, requestApi } from '../sidebar/request';
import { factsOf, matching } from './modelFacts';
import type { IReader } from './open';

/** Open the page, or bring it to the front. `tabs`: the main area takes further pages. */
export async function openModels(reader: IReader, tabs: boolean): Promise<void> {
  const { app, trans } = reader;
  await openOnce({
    app,
    trans,
    tabs,
    id: 'paddle-lab-models',
    title: trans.__('Models'),
    icon: tuneIcon,
    dialog: 'pl-start-dialog',
    make: close => new ModelsPage(reader, close)
  });
}

class ModelsPage extends ReactWidget {
  constructor(
    private readonly _reader: IReader,
    private readonly _close: () => void
  ) {
    super();
    this.addClass('pl-start');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _reader.trans.__('Models'));
    this.node.tabIndex = -1;
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected render(): JSX.Element {
    return <Page reader={this._reader} close={this._close} />;
  }
}

function Page({ reader, close }: { reader: IReader; close: () => void }): JSX.Element {
  const { app, trans } = reader;
  const [list, setList] = React.useState<Models | null>(null);
  const [problem, setProblem] = React.useState('');
  const [word, setWord] = React.useState('');
  React.useEffect(() => {
    requestApi<Models>('models', app.serviceManager.serverSettings).then(setList, (error: unknown) =>
      setProblem(messageOf(error))
    );
  }, [app]);
  const use = (model: string): void => {
    close();
    void app.commands.execute('paddle-lab:new-notebook', { model });
  };
  const busy = !list && !problem;
  const shown = matching(list?.models ?? [], word);
  return (
    <div className="pl-start-page" aria-busy={busy}>
      <h1 className="pl-start-title">
        {trans.__('Models')}
        <span className="pl-start-busy" role="status">
          {busy ? trans.__('Looking for models…') : list && !shown.length ? trans.__('No model here has this in its name.') : ''}
        </span>
      </h1>
      {problem ? (
        <div className="pl-start-trouble" role="alert">
          <p>{problem}</p>
        </div>
      ) : null}
      <label className="pl-start-field pl-start-word">
        <span>{trans.__('Part of the name')}</span>
        <input type="search" value={word} onChange={event => setWord(event.target.value)} />
      </label>
      {shown.length ? (
        <div className="pl-start-scroll" tabIndex={0} role="group" aria-label={trans.__('Models')}>
          <table className="pl-start-table pl-start-models">
            <thead>
              <tr>
                {[
                  trans.__('Model'),
                  trans.__('On this machine'),
                  trans.__('Licence'),
                  trans.__('Layers'),
                  trans.__('Parameters'),
                  trans.__('Size'),
                  trans.__('An epoch')
                ].map(title => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
                <td aria-hidden="true" />
              </tr>
            </thead>
            <tbody>
              {shown.map(model => (
                <tr key={model.name}>
                  <th scope="row">{model.name}</th>
                  {factsOf(model, reader).map((fact, place) => (
                    <td key={place}>{fact}</td>
                  ))}
                  <td>
                    <button
                      className="jp-mod-styled jp-mod-reject"
                      aria-label={trans.__('Use %1 in a new notebook', model.name)}
                      onClick={() => use(model.name)}
                    >
                      {trans.__('Use this model')}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {list ? (
        <p className="pl-start-dim">
          {trans.__('An epoch of %1 rows of %2 tokens on the CPUs of this machine, roughly.', list.rows.toLocaleString(), list.tokens)}{' '}
          {trans.__('On a hub any ERNIE or BERT encoder can be named: %1', '--model hf:org/name')}
        </p>
      ) : null}
    </div>
  );
}
