// The table of runs: a header that sorts, a row for each run.

import { deleteIcon, editIcon, type LabIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { measured, moment, stateName, steps, time } from './cells';
import { PageContext } from './context';
import { note, remove, rename } from './dialogs';
import type * as wire from './messages';
import { type Chosen, type Column, COLUMNS, type ITableState, sortedBy } from './tableState';

const NUMBERS: readonly Column[] = ['step', 'took'];

interface IProps {
  table: wire.RunTable;
  query: ITableState;
  change: (query: ITableState) => void;
  chosen: Chosen;
  choose: (id: string, name: string) => void;
  refresh: () => Promise<void>;
  /** A run is gone. */
  forget: (id: string) => void;
}

export function RunsTable(props: IProps): JSX.Element {
  const { table, query, change } = props;
  const { phrases } = React.useContext(PageContext)!;
  const node = React.useRef<HTMLTableElement>(null);
  return (
    <div className="plab-page-scroll">
      <table ref={node} className="plab-runs" onKeyDown={event => walk(event, node.current)}>
        <caption className="plab-unseen">{phrases.say('page.runs')}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="plab-unseen">{phrases.say('table.choose')}</span>
            </th>
            {COLUMNS.map(column => (
              <th
                key={column}
                scope="col"
                className={NUMBERS.includes(column) ? 'plab-number' : undefined}
                aria-sort={query.sort !== column ? 'none' : query.down ? 'descending' : 'ascending'}
              >
                <button className="plab-sort" onClick={() => change(sortedBy(query, column))}>
                  {phrases.say(`table.${column}`)}
                  <span aria-hidden="true" className="plab-sort-mark">
                    {query.sort !== column ? '' : query.down ? '▼' : '▲'}
                  </span>
                </button>
              </th>
            ))}
            <th scope="col">
              <span className="plab-unseen">{phrases.say('table.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {table.rows.map(row => (
            <Row key={row.id} row={row} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row, chosen, choose, refresh, forget }: IProps & { row: wire.RunRow }): JSX.Element {
  const { phrases, words, api, host } = React.useContext(PageContext)!;
  const node = React.useRef<HTMLTableRowElement>(null);
  const { name } = row;
  const changed = async (work: Promise<wire.About | null>): Promise<void> => {
    if (await work) {
      await refresh();
    }
  };
  const go = async (): Promise<void> => {
    const near = node.current?.nextElementSibling ?? node.current?.previousElementSibling;
    if (await remove(row, api, phrases)) {
      forget(row.id);
      await refresh();
      const next = near?.querySelector<HTMLElement>('.plab-open') ?? null;
      (next?.isConnected ? next : document.querySelector<HTMLElement>('.plab-filter input'))?.focus();
    }
  };
  return (
    <tr ref={node} data-state={row.state} aria-selected={chosen.has(row.id)}>
      <td>
        <input
          type="checkbox"
          className="plab-choose"
          aria-label={phrases.say('of.choose', { name })}
          checked={chosen.has(row.id)}
          onChange={() => choose(row.id, name)}
        />
      </td>
      <th scope="row">
        <button className="plab-open" dir="auto" title={row.id} onClick={() => host.openRun(row.id, name)}>
          {name}
        </button>
      </th>
      <td className="plab-state">
        <span className="plab-dot" data-state={row.state}>
          {stateName(row.state, words, phrases)}
        </span>
        {row.no_bundle ? <span className="plab-quiet"> ({phrases.say('table.no_bundle')})</span> : null}
        {row.reason ? <div className="plab-reason">{words.text(row.reason)}</div> : null}
      </td>
      <td>{row.task || '–'}</td>
      <td className="plab-short">{row.model || '–'}</td>
      <td className="plab-short">{measured(row.result, words)}</td>
      <td className="plab-short">{measured(row.best, words)}</td>
      <td className="plab-number">{steps(row)}</td>
      <td className="plab-when">{moment(row.created)}</td>
      <td className="plab-number">{time(row, phrases)}</td>
      <td className="plab-note-cell" dir="auto">
        {row.note}
      </td>
      <td className="plab-row-tools">
        <Tool icon={notebookIcon} name="plab-do-note" label={phrases.say('of.note', { name })} act={() => void changed(note(row, api, phrases))} />
        <Tool icon={editIcon} name="plab-do-rename" label={phrases.say('of.rename', { name })} act={() => void changed(rename(row, api, phrases))} />
        <Tool icon={deleteIcon} name="plab-do-delete" label={phrases.say('of.delete', { name })} off={row.live} act={() => void go()} />
      </td>
    </tr>
  );
}

interface ITool {
  icon: LabIcon;
  name: string;
  label: string;
  off?: boolean;
  act: () => void;
}

function Tool({ icon, name, label, off, act }: ITool): JSX.Element {
  return (
    <button className={`plab-icon ${name}`} title={label} aria-label={label} aria-disabled={off} onClick={() => off || act()}>
      <icon.react tag="span" width="14px" height="14px" />
    </button>
  );
}

/** Up and down go to the same control of the row above and below. */
function walk(event: React.KeyboardEvent, table: HTMLTableElement | null): void {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const from = event.target as HTMLElement;
  const row = from.closest('tbody tr');
  if (by === undefined || !table || !row) {
    return;
  }
  const kind = from.className.split(' ').at(-1);
  const all = [...table.querySelectorAll<HTMLElement>(`tbody .${kind}`)];
  const next = all[all.indexOf(from) + by];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
