import { describe, expect, it, test } from 'vitest';

import { coverageMark, curveOf, metricOf } from '../../src/run/curve';
import { Words } from '../../src/run/i18n';
import { evaluation, withLosses } from './snapshots';

describe('the metric that is shown', () => {
  const evals = [{ ...evaluation(1, 0.5), metrics: { accuracy: 0.5, macro_f1: 0.4 } }];
  const unknown = [{ ...evaluation(1, 0.5), metrics: { accuracy: 0.5, macro_f1: null } }];

  test.each([
    { metric: 'macro_f1', evals, shown: 'macro_f1' },
    { metric: undefined, evals, shown: 'accuracy' },
    { metric: 'pearson', evals, shown: 'accuracy' },
    { metric: 'macro_f1', evals: unknown, shown: 'accuracy' },
    { metric: 'pearson', evals: [], shown: 'pearson' },
    { metric: undefined, evals: [], shown: 'accuracy' }
  ])('of a run for $metric: $shown', ({ metric, evals, shown }) => {
    expect(metricOf(withLosses([], { metric, evals }))).toBe(shown);
  });
});

describe('the mark of an evaluation that lacks classes', () => {
  const mark = { en: '3 of 5 classes', zh: '5 个类别中的 3 个' };
  const lacking = { ...evaluation(1, 0.5), coverage: { present: 3, total: 5, absent: [], mark } };

  it('stands behind its figures, and behind no other', () => {
    expect(coverageMark(lacking, new Words('en'))).toBe(' (3 of 5 classes)');
    expect(coverageMark(evaluation(1, 0.5), new Words('en'))).toBe('');
    expect(coverageMark(undefined, new Words('en'))).toBe('');
  });
});

describe('the curve', () => {
  it('has no points before the first step', () => {
    const empty = { steps: [], loss: [], smoothed: [], lr: [], evals: [], best: null };
    expect(curveOf(withLosses([]))).toEqual(empty);
  });

  it('sets an evaluation on the point of its own step', () => {
    const curve = curveOf(withLosses([3, 2, 1], { evals: [evaluation(2, 0.7)] }));
    expect(curve.steps).toEqual([1, 2, 3]);
    expect(curve.evals).toEqual([null, 0.7, null]);
  });

  it('gives an evaluation between two points, before the first and behind the last one of its own', () => {
    const evals = [evaluation(9, 0.9, true), evaluation(0, 0.1), evaluation(2.5, 0.7)];
    const curve = curveOf(withLosses([3, 2, 1], { evals }));
    expect(curve.steps).toEqual([0, 1, 2, 2.5, 3, 9]);
    expect(curve.evals).toEqual([0.1, null, null, 0.7, null, 0.9]);
    expect(curve.loss).toEqual([null, 3, 2, null, 1, null]);
    expect(curve.best).toBe(9);
  });

  it('has all its series as long as its axis', () => {
    const losses = Array.from({ length: 50 }, (_, index) => (index % 7 ? 1 / (index + 1) : null));
    const curve = curveOf(withLosses(losses, { evals: [evaluation(3, null), evaluation(60, 0.8)] }));
    for (const row of [curve.loss, curve.smoothed, curve.lr, curve.evals]) {
      expect(row).toHaveLength(curve.steps.length);
    }
    expect(curve.steps).toEqual([...curve.steps].sort((a, b) => a - b));
  });
});
