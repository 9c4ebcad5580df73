import { describe, expect, it, test } from 'vitest';

import { areas, Series, shownPoints, strokes } from '../../src/sidebar/series';

type Row = (number | null)[];

/** A past of four steps of five seconds, the last beginning at second 100. */
function series(busy: Row = [1, 2, 3, 4], used: Row = [10, 20, 30, 40]): Series {
  return new Series({ step: 5, end: 100, tracks: { gpu: { busy, used } } }, 'gpu');
}

describe('a series', () => {
  it('is empty, and as long as the others, for a GPU without a past', () => {
    const history = { step: 5, end: 100, tracks: { other: { busy: [1, 2], used: [1, 2] } } };
    expect(new Series(history, 'gpu').points.busy).toEqual([null, null]);
    expect(new Series({ ...history, tracks: {} }, 'gpu').points.busy).toHaveLength(180);
  });

  test.each<{ name: string; values: [t: number, busy: number | null, used: number | null][]; busy: Row; used: Row }>([
    {
      name: 'within a step: the mean of busy, the highest of used',
      values: [[105, 10, 50], [107, 21, 80], [109, 20, 60]],
      busy: [2, 3, 4, 17],
      used: [20, 30, 40, 80]
    },
    { name: 'a new step pushes the oldest out', values: [[105, 7, 7], [110, 9, 9]], busy: [3, 4, 7, 9], used: [30, 40, 7, 9] },
    { name: 'steps without a value are gaps', values: [[115, 9, 9]], busy: [4, null, null, 9], used: [40, null, null, 9] },
    { name: 'a long pause leaves nothing of before', values: [[9999, 9, 9]], busy: [null, null, null, 9], used: [null, null, null, 9] },
    { name: 'a missing value is no zero', values: [[105, null, null]], busy: [2, 3, 4, null], used: [20, 30, 40, null] }
  ])('$name', ({ values, busy, used }) => {
    const past = series();
    values.forEach(value => past.add(...value));
    expect(past.points).toEqual({ busy, used });
  });

  it('leaves the history of the server as it came', () => {
    const busy = [1, 2, 3, 4];
    series(busy).add(105, 50, 50);
    expect(busy).toEqual([1, 2, 3, 4]);
  });
});

describe('how much of a quarter of an hour is shown', () => {
  test.each([
    { known: 0, shown: 12 },
    { known: 1, shown: 12 },
    { known: 12, shown: 12 },
    { known: 13, shown: 60 },
    { known: 61, shown: 180 },
    { known: 180, shown: 180 }
  ])('with $known of 180 points known: $shown', ({ known, shown }) => {
    const values = Array.from({ length: 180 }, (_, index) => (index < 180 - known ? null : 1));
    expect(shownPoints(values)).toBe(shown);
  });
});

describe('strokes', () => {
  test.each<{ name: string; values: Row; lines: string[] }>([
    { name: 'nothing', values: [], lines: [] },
    { name: 'nothing known', values: [null, null], lines: [] },
    { name: 'a line', values: [0, 50, 100], lines: ['0.0,20.0 50.0,10.0 100.0,0.0'] },
    { name: 'above the highest: cut', values: [0, 400, 0], lines: ['0.0,20.0 50.0,0.0 100.0,20.0'] },
    { name: 'a gap parts two lines', values: [0, 0, null, 100, 100], lines: ['0.0,20.0 25.0,20.0', '75.0,0.0 100.0,0.0'] },
    { name: 'a point alone is as wide as its time', values: [null, 50, null], lines: ['25.0,10.0 75.0,10.0'] },
    { name: 'a point alone at the end stays inside', values: [null, null, 50], lines: ['75.0,10.0 100.0,10.0'] }
  ])('$name', ({ values, lines }) => {
    expect(strokes(values, 100, 100, 20)).toEqual(lines);
  });

  it('draws a base line where the highest value is zero', () => {
    expect(strokes([0, 0], 0, 100, 20)).toEqual(['0.0,20.0 100.0,20.0']);
  });
});

describe('areas', () => {
  it('close a stroke down to the base line', () => {
    expect(areas(['0.0,5.0 50.0,1.0'], 20)).toEqual(['0.0,20 0.0,5.0 50.0,1.0 50.0,20']);
    expect(areas([], 20)).toEqual([]);
  });
});
