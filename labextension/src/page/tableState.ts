// What the person chose in the table of runs, and how it is asked of the server.

import type * as wire from './messages';

export const COLUMNS = [
  'name',
  'state',
  'task',
  'model',
  'result',
  'best',
  'step',
  'created',
  'took',
  'note'
] as const;
export type Column = (typeof COLUMNS)[number];
export type Filter = 'words' | 'state' | 'task' | 'model';

export const PAGE = 50;
export const MOST_CHOSEN = 8;

// What one looks for first stands on top: the newest, the best, the longest; names from A on.
const FIRST_DOWN: readonly Column[] = ['created', 'result', 'best', 'step', 'took'];

export interface ITableState {
  words: string;
  state: string;
  task: string;
  model: string;
  sort: Column;
  down: boolean;
  offset: number;
}

export const FIRST: ITableState = {
  words: '',
  state: '',
  task: '',
  model: '',
  sort: 'created',
  down: true,
  offset: 0
};

/** Sort by a column; the column of before turns round. */
export function sortedBy(table: ITableState, column: Column): ITableState {
  const down = table.sort === column ? !table.down : FIRST_DOWN.includes(column);
  return { ...table, sort: column, down, offset: 0 };
}

/** Change a filter; the table begins at its first page again. */
export function filteredBy(table: ITableState, filter: Filter, value: string): ITableState {
  return { ...table, [filter]: value, offset: 0 };
}

export function isFiltered(table: ITableState): boolean {
  return Boolean(table.words.trim() || table.state || table.task || table.model);
}

/** A page further or back, within what there is. */
export function turned(table: ITableState, pages: number, total: number): ITableState {
  const last = Math.max(0, Math.ceil(total / PAGE) - 1);
  const page = Math.min(last, Math.max(0, table.offset / PAGE + pages));
  return { ...table, offset: page * PAGE };
}

/** The query of the route `run-table`. */
export function queryOf(table: ITableState): string {
  const query = new URLSearchParams();
  for (const filter of ['words', 'state', 'task', 'model'] as const) {
    const value = table[filter].trim();
    if (value) {
      query.set(filter, value);
    }
  }
  query.set('sort', table.sort);
  query.set('down', table.down ? '1' : '0');
  query.set('offset', String(table.offset));
  query.set('limit', String(PAGE));
  return query.toString();
}

/** Runs that are chosen, in the order of choosing, with their names. */
export type Chosen = ReadonlyMap<string, string>;

/** Choose a run, or choose it no more; beyond the most nothing is added. */
export function toggled(chosen: Chosen, id: string, name: string): Chosen {
  const next = new Map(chosen);
  if (!next.delete(id) && next.size < MOST_CHOSEN) {
    next.set(id, name);
  }
  return next;
}

/** What the topic `runs` tells of a run that moves. */
export interface INews {
  id: string;
  /** Only where the whole row is told. */
  name?: string;
  state?: string;
  step?: number;
  total_steps?: number | null;
  left_s?: number | null;
}

/**
 * The rows after news of live runs; null when the table must be asked for anew: a run is new, gone,
 * or in another state.
 */
export function withNews(
  table: wire.RunTable,
  news: readonly INews[],
  gone: readonly string[]
): wire.RunTable | null {
  const known = new Map(table.rows.map(row => [row.id, row]));
  if (gone.some(id => known.has(id))) {
    return null;
  }
  for (const item of news) {
    const row = known.get(item.id);
    if (!row && item.name === undefined) {
      // It moves on another page of the table.
      continue;
    }
    if (!row || (item.state !== undefined && item.state !== row.state)) {
      return null;
    }
    known.set(item.id, {
      ...row,
      step: item.step ?? row.step,
      total_steps: item.total_steps === undefined ? row.total_steps : item.total_steps,
      left_s: item.left_s === undefined ? row.left_s : item.left_s
    });
  }
  return { ...table, rows: table.rows.map(row => known.get(row.id)!) };
}
