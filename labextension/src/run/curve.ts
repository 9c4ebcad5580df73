// What the chart draws, made from a snapshot.

import type { Words } from './i18n';
import { inOrder } from './names';
import { smooth } from './numbers';
import type * as run from './schema';
import type { Snapshot } from './state';

type Row = (number | null)[];

/** The series of a run over one axis of steps. */
export interface ICurve {
  steps: number[];
  loss: Row;
  smoothed: Row;
  lr: Row;
  evals: Row;
  best: number | null;
}

/** The metric to show: the run's own, or the first of which its evaluations have a figure. */
export function metricOf(snapshot: Snapshot): string {
  const wanted = snapshot.metric ?? 'accuracy';
  const names = snapshot.evals.flatMap(({ metrics }) =>
    Object.keys(metrics).filter(name => metrics[name] != null)
  );
  return names.length ? inOrder(names, wanted)[0]! : wanted;
}

/** ` (3 of 5 classes)` for an evaluation that lacks classes, else nothing. */
export function coverageMark(item: run.EvalEvent | undefined, words: Words): string {
  return item?.coverage ? ` (${words.text(item.coverage.mark)})` : '';
}

/** Columns on one axis of steps; evaluations between two points get a point of their own. */
export function curveOf(snapshot: Snapshot): ICurve {
  const { step, loss, lr } = snapshot.columns;
  const metric = metricOf(snapshot);
  const smoothed = smooth(loss);
  const curve: ICurve = { steps: [], loss: [], smoothed: [], lr: [], evals: [], best: null };
  const evals = [...snapshot.evals].sort((a, b) => a.step - b.step);
  let next = 0;
  const add = (at: number, index: number | null, value: number | null) => {
    curve.steps.push(at);
    curve.loss.push(index === null ? null : loss[index] ?? null);
    curve.smoothed.push(index === null ? null : smoothed[index] ?? null);
    curve.lr.push(index === null ? null : lr[index] ?? null);
    curve.evals.push(value);
  };
  const addEvalsUpTo = (limit: number): number | null => {
    let same: number | null = null;
    for (; next < evals.length && evals[next]!.step <= limit; next++) {
      const item = evals[next]!;
      const value = item.metrics[metric] ?? null;
      if (item.best) {
        curve.best = item.step;
      }
      if (item.step === limit) {
        same = value;
      } else {
        add(item.step, null, value);
      }
    }
    return same;
  };
  step.forEach((at, index) => {
    if (at !== null) {
      add(at, index, addEvalsUpTo(at));
    }
  });
  addEvalsUpTo(Infinity);
  return curve;
}

/** Where a key leads that reads the points up to `last` one by one; -1 is none of them. */
export function walked(key: string, cursor: number, last: number): number | undefined {
  const leap = Math.max(1, Math.round(last / 10));
  const here = cursor < 0 ? last : cursor;
  const moves: Record<string, number> = {
    ArrowLeft: cursor < 0 ? last : here - 1,
    ArrowRight: here + 1,
    PageUp: here - leap,
    PageDown: here + leap,
    Home: 0,
    End: last
  };
  const target = moves[key];
  return key === 'Escape' ? -1 : target && Math.min(last, Math.max(0, target));
}
