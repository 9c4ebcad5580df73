// The filters above the table.

import * as React from 'react';

import { PageContext } from './context';
import { stateName } from './cells';
import type * as wire from './messages';
import { type Filter, FIRST, filteredBy, isFiltered, type ITableState } from './tableState';

interface IProps {
  query: ITableState;
  table: wire.RunTable | null;
  change: (query: ITableState) => void;
}

export function Filters({ query, table, change }: IProps): JSX.Element {
  const { phrases, words } = React.useContext(PageContext)!;
  const field = React.useRef<HTMLInputElement>(null);
  const set = (filter: Filter, value: string): void => change(filteredBy(query, filter, value));
  const choice = (filter: 'state' | 'task' | 'model', names: string[], say = (name: string) => name): JSX.Element => (
    <label className="plab-filter">
      {phrases.say(`filter.${filter}`)}
      <select value={query[filter]} onChange={event => set(filter, event.target.value)}>
        <option value="">{phrases.say('filter.any')}</option>
        {/* A choice stays to be seen when its last run has gone. */}
        {[...new Set([...names, query[filter]].filter(Boolean))].map(name => (
          <option key={name} value={name}>
            {say(name)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="plab-filters" role="search" aria-label={phrases.say('filter.title')}>
      <label className="plab-filter">
        {phrases.say('filter.words')}
        <input
          ref={field}
          type="search"
          value={query.words}
          placeholder={phrases.say('filter.words_hint')}
          maxLength={200}
          onChange={event => set('words', event.target.value)}
        />
      </label>
      {choice('state', table?.states ?? [], name => stateName(name, words, phrases))}
      {choice('task', table?.tasks ?? [])}
      {choice('model', table?.models ?? [])}
      <button
        className="plab-button"
        aria-disabled={!isFiltered(query)}
        onClick={() => {
          change({ ...FIRST, sort: query.sort, down: query.down });
          field.current?.focus();
        }}
      >
        {phrases.say('do.clear')}
      </button>
    </div>
  );
}
