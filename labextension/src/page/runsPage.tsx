// The page of all runs: filters, the table, and the chosen runs side by side.

import { ReactWidget } from '@jupyterlab/apputils';
import * as React from 'react';

import { Words } from '../run/i18n';
import { PageApi } from './api';
import { ComparisonView } from './comparison';
import { PageContext, type IPage } from './context';
import { Filters } from './filters';
import type { IFrame, IPageHost } from './host';
import { PagePhrases } from './phrases';
import { RunsTable } from './table';
import { type Chosen, FIRST, isFiltered, PAGE, toggled, turned } from './tableState';
import { useTable } from './useTable';

export class RunsPage extends ReactWidget {
  private readonly page: IPage;

  constructor(host: IPageHost, frame: IFrame) {
    super();
    const { language, app } = host;
    this.page = {
      host,
      phrases: new PagePhrases(language),
      words: new Words(language),
      api: new PageApi(app.serviceManager.serverSettings, language)
    };
    frame.setTitle(this.page.phrases.say('page.runs'));
    this.addClass('plab-page');
    this.node.lang = language === 'zh' ? 'zh-CN' : 'en';
  }

  protected render(): JSX.Element {
    return (
      <PageContext.Provider value={this.page}>
        <Page />
      </PageContext.Provider>
    );
  }
}

function Page(): JSX.Element {
  const { phrases, host } = React.useContext(PageContext)!;
  const [query, setQuery] = React.useState(FIRST);
  const [chosen, setChosen] = React.useState<Chosen>(new Map());
  const [compared, setCompared] = React.useState<string[] | null>(null);
  const { table, trouble, refresh } = useTable(query);
  const compare = React.useRef<HTMLButtonElement>(null);
  const forget = (id: string): void => {
    setChosen(before => (before.has(id) ? toggled(before, id, '') : before));
    setCompared(before => (before?.includes(id) ? null : before));
  };
  const close = (): void => {
    setCompared(null);
    compare.current?.focus();
  };
  const enough = chosen.size >= 2;
  const shown = table?.rows.length ?? 0;
  return (
    <>
      <div className="plab-page-head">
        <h2 className="plab-page-title">{phrases.say('page.runs')}</h2>
        <p className="plab-quiet" role="status">
          {table ? phrases.say('table.matching', { total: table.total, all: table.all }) : phrases.say('page.loading')}
          {table?.unread ? ` ${phrases.say('table.reading', { n: table.unread })}` : ''}
        </p>
        <button className="plab-button" onClick={() => host.openWall()}>
          {host.trans.__('Wall of runs')}
        </button>
      </div>
      <Filters query={query} table={table} change={setQuery} />
      <div className="plab-page-bar">
        <button
          ref={compare}
          className="plab-button"
          aria-disabled={!enough}
          title={phrases.say('do.compare_hint')}
          onClick={() => enough && setCompared([...chosen.keys()])}
        >
          {phrases.say('do.compare', { n: chosen.size })}
        </button>
        <button className="plab-button" aria-disabled={!chosen.size} onClick={() => setChosen(new Map())}>
          {phrases.say('do.none')}
        </button>
        <span className="plab-quiet">{enough ? [...chosen.values()].join(', ') : phrases.say('do.compare_hint')}</span>
      </div>
      {compared ? <ComparisonView key={compared.join()} ids={compared} close={close} /> : null}
      {trouble ? (
        <p className="plab-page-trouble" role="alert">
          {phrases.say('page.failed', { reason: trouble })}
        </p>
      ) : null}
      {table ? (
        <RunsTable
          table={table}
          query={query}
          change={setQuery}
          chosen={chosen}
          choose={(id, name) => setChosen(before => toggled(before, id, name))}
          refresh={refresh}
          forget={forget}
        />
      ) : null}
      {table && !shown ? (
        <p className="plab-quiet">{phrases.say(isFiltered(query) ? 'table.no_match' : 'table.none')}</p>
      ) : null}
      {table && table.total > PAGE ? (
        <nav className="plab-page-bar" aria-label={phrases.say('table.pages')}>
          <button
            className="plab-button"
            aria-disabled={query.offset === 0}
            onClick={() => setQuery(turned(query, -1, table.total))}
          >
            {phrases.say('do.previous')}
          </button>
          <span>
            {phrases.say('table.count', {
              shown: `${query.offset + 1}–${query.offset + shown}`,
              total: table.total
            })}
          </span>
          <button
            className="plab-button"
            aria-disabled={query.offset + PAGE >= table.total}
            onClick={() => setQuery(turned(query, 1, table.total))}
          >
            {phrases.say('do.next')}
          </button>
        </nav>
      ) : null}
    </>
  );
}
