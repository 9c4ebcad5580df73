import { describe, expect, it } from 'vitest';

import { type ICell, type INotebookRun, placesOf } from '../../src/notebook/places';

const SHOWN = 1_000;

function run(id: string, fields: Partial<INotebookRun> = {}): INotebookRun {
  return {
    id,
    cell: 'a',
    execution: `execution of ${id}`,
    count: 3,
    shown: SHOWN,
    live: true,
    ended: null,
    data: {},
    ...fields
  };
}

function cell(fields: Partial<ICell> = {}): ICell {
  return { id: 'a', count: null, runs: [], ...fields };
}

/** Which runs go back under which cells, and whether what stands there goes. */
function put(cells: ICell[], runs: INotebookRun[], saved: number): string[] {
  return placesOf(cells, runs, saved).map(
    place => `${place.cell}: ${place.runs.map(one => one.id).join()}${place.replace ? ' instead' : ''}`
  );
}

describe('a page that was closed before anybody saved', () => {
  it.each([
    ['while it runs', run('x')],
    ['after its end', run('x', { live: false, ended: SHOWN + 60 })]
  ])('has the card again %s', (_, lost) => {
    expect(put([cell()], [lost], SHOWN - 1)).toEqual(['a: x instead']);
  });

  it('has it in the place of what an earlier execution left', () => {
    expect(put([cell({ count: 2, runs: ['old'] })], [run('old', { shown: 5 }), run('x')], SHOWN - 1)).toEqual([
      'a: x instead'
    ]);
  });

  it('has all cards of one execution, in their order', () => {
    const runs = [run('y', { execution: 'e', shown: SHOWN + 9 }), run('x', { execution: 'e' })];
    expect(put([cell()], runs, SHOWN - 1)).toEqual(['a: x,y instead']);
    expect(put([cell({ runs: ['x'] })], runs, SHOWN + 1)).toEqual(['a: y']);
  });

  it('has only the last of several executions', () => {
    expect(put([cell()], [run('x'), run('y', { shown: SHOWN + 9 })], 0)).toEqual(['a: y instead']);
  });

  it('has the cards of all its cells', () => {
    expect(put([cell(), cell({ id: 'b' })], [run('x'), run('y', { cell: 'b' })], 0)).toEqual([
      'a: x instead',
      'b: y instead'
    ]);
  });
});

describe('a page that was saved while its cell ran', () => {
  it('keeps what the cell had printed before its card', () => {
    expect(put([cell()], [run('x')], SHOWN + 1)).toEqual(['a: x']);
  });
});

describe('nothing is put back', () => {
  it.each<[string, ICell[], INotebookRun[], number]>([
    ['where the card stands', [cell({ runs: ['x'] })], [run('x')], 0],
    ['where it stands under another cell', [cell(), cell({ id: 'b', runs: ['x'] })], [run('x')], 0],
    ['where its cell is gone', [cell({ id: 'b' })], [run('x')], 0],
    ['where a person took it away after its end', [cell()], [run('x', { live: false, ended: 9 })], 10],
    ['where something newer was run', [cell({ count: 4 })], [run('x')], SHOWN + 1],
    ['where a newer run stands', [cell({ count: 4, runs: ['y'] })], [run('x'), run('y', { shown: 2_000 })], 0],
    ['of a notebook without runs', [cell()], [], 0]
  ])('%s', (_, cells, runs, saved) => {
    expect(put(cells, runs, saved)).toEqual([]);
  });
});
