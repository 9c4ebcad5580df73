import { describe, expect, test } from 'vitest';

import {
  FIRST,
  filteredBy,
  isFiltered,
  MOST_CHOSEN,
  PAGE,
  queryOf,
  sortedBy,
  toggled,
  turned,
  withNews
} from '../../src/page/tableState';
import type { RunRow, RunTable } from '../../src/page/messages';

const row = (id: string, more: Partial<RunRow> = {}): RunRow => ({
  id,
  name: id,
  state: 'training',
  live: true,
  task: 'classify',
  model: 'mini',
  result: null,
  best: null,
  step: 3,
  total_steps: 10,
  created: 1,
  took: null,
  left_s: 9,
  note: '',
  reason: null,
  no_bundle: false,
  ...more
});

const table = (...rows: RunRow[]): RunTable => ({
  rows,
  total: rows.length,
  all: rows.length,
  unread: 0,
  states: [],
  tasks: [],
  models: []
});

describe('sorting', () => {
  test('begins with what one looks for first, and turns round at the second click', () => {
    const best = sortedBy(FIRST, 'best');
    expect([best.sort, best.down]).toEqual(['best', true]);
    expect(sortedBy(best, 'best').down).toBe(false);
    expect(sortedBy(best, 'name').down).toBe(false);
  });

  test('shows the first page again', () => {
    expect(sortedBy({ ...FIRST, offset: 2 * PAGE }, 'took').offset).toBe(0);
    expect(filteredBy({ ...FIRST, offset: PAGE }, 'words', 'x').offset).toBe(0);
  });
});

describe('the query', () => {
  test('names only the filters that are set, and nothing can leave its place', () => {
    const query = { ...FIRST, words: ' a&limit=9999 ', state: 'failed' };
    expect(queryOf(query)).toBe(
      'words=a%26limit%3D9999&state=failed&sort=created&down=1&offset=0&limit=50'
    );
    expect(isFiltered(query)).toBe(true);
    expect(isFiltered({ ...FIRST, words: '  ' })).toBe(false);
  });
});

describe('pages', () => {
  test.each([
    [0, 1, 120, PAGE],
    [PAGE, 1, 120, 2 * PAGE],
    [2 * PAGE, 1, 120, 2 * PAGE],
    [0, -1, 120, 0],
    [2 * PAGE, 0, 10, 0],
    [0, 1, 0, 0]
  ])('from %s by %s of %s runs is %s', (offset, pages, total, found) => {
    expect(turned({ ...FIRST, offset }, pages, total).offset).toBe(found);
  });
});

describe('choosing', () => {
  test('twice is not at all, and there is a most', () => {
    const one = toggled(new Map(), 'a', 'A');
    expect([...one]).toEqual([['a', 'A']]);
    expect(toggled(one, 'a', 'A').size).toBe(0);
    let many: ReadonlyMap<string, string> = new Map();
    for (let index = 0; index < MOST_CHOSEN + 3; index++) {
      many = toggled(many, String(index), '');
    }
    expect(many.size).toBe(MOST_CHOSEN);
  });
});

describe('news of live runs', () => {
  test('moves a row in place', () => {
    const after = withNews(table(row('a'), row('b')), [{ id: 'a', state: 'training', step: 4 }], []);
    expect(after?.rows.map(item => [item.id, item.step, item.left_s])).toEqual([
      ['a', 4, 9],
      ['b', 3, 9]
    ]);
  });

  test('of another page changes nothing', () => {
    const before = table(row('a'));
    expect(withNews(before, [{ id: 'z', step: 4 }], ['y'])).toEqual(before);
  });

  test.each([
    ['a run that is new', [{ id: 'z', name: 'new' }], []],
    ['another state', [{ id: 'a', state: 'finished' }], []],
    ['a run that is gone', [], ['a']]
  ])('%s asks for the table again', (_, news, gone) => {
    expect(withNews(table(row('a')), news, gone)).toBeNull();
  });
});
