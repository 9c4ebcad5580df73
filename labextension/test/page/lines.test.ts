import { describe, expect, test } from 'vitest';

import { along, axisOf, evalAt, lineOf, moved, readAt, smoothingOf, zoomed } from '../../src/page/lines';
import type { Snapshot } from '../../src/run/state';
import { snapshotWith } from './runs';

const run = (id: string, steps: number[], losses: (number | null)[], evals: [number, number][] = []): Snapshot =>
  snapshotWith(id, steps, losses, evals);

describe('a line', () => {
  test('is raw without smoothing, and calmer the more there is', () => {
    const losses = Array.from({ length: 200 }, (_, index) => (index % 2 ? 1 : 0));
    const steps = losses.map((_, index) => index);
    const spread = (smoothing: number): number => {
      const late = lineOf(run('a', steps, losses), smoothing).smoothed.slice(150) as number[];
      return Math.max(...late) - Math.min(...late);
    };
    expect(lineOf(run('a', steps, losses), 0).smoothed).toEqual(losses);
    expect(spread(2)).toBeLessThan(1);
    expect(spread(5)).toBeLessThan(spread(2));
  });

  test('keeps gaps of the loss', () => {
    expect(lineOf(run('a', [1, 2, 3], [1, null, 2]), 3).smoothed[1]).toBeNull();
  });

  test.each([
    [10, 3],
    [400, 4],
    [100_000, 9]
  ])('of %s points begins at the smoothing 2^%s', (points, power) => {
    expect(smoothingOf(points)).toBe(power);
  });
});

describe('several lines on one axis', () => {
  const one = lineOf(run('a', [1, 2, 4], [3, 2, 1], [[3, 0.5]]), 0);
  const two = lineOf(run('b', [2, 8], [5, 4]), 0);

  test('meet at all their steps', () => {
    expect(axisOf([one, two])).toEqual([1, 2, 3, 4, 8]);
    expect(along([1, 2, 3, 4, 8], two.steps, two.loss, false)).toEqual([null, 5, null, null, 4]);
  });

  test('a log scale leaves out what is not above zero', () => {
    expect(along([1, 2, 3], [1, 2, 3], [0.5, 0, -1], true)).toEqual([0.5, null, null]);
  });

  test('are read at any step, each at its own last one', () => {
    expect(readAt(two, 1)).toBeNull();
    expect(readAt(two, 7)?.loss).toBe(5);
    expect(readAt(one, 100)?.step).toBe(4);
    expect([evalAt(one, 2), evalAt(one, 3)]).toEqual([null, 0.5]);
  });
});

describe('zoom', () => {
  test('keeps its place and never leaves the curve', () => {
    expect(zoomed([0, 100], [0, 100], 0.5, 50)).toEqual([25, 75]);
    expect(zoomed([0, 100], [0, 100], 0.5, 0)).toEqual([0, 50]);
    expect(zoomed([80, 100], [0, 100], 2, 100)).toEqual([60, 100]);
    expect(zoomed([20, 80], [0, 100], 2, 50)).toBeNull();
    expect(moved([40, 60], [0, 100], -5)).toEqual([0, 20]);
    expect(moved([40, 60], [0, 100], 9)).toEqual([80, 100]);
  });
});
