// What the chart draws, made from a snapshot.

import { smooth } from './numbers';
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

/** The metric to show: the run's own, or the first that its evaluations have. */
export function metricOf(snapshot: Snapshot): string {
  const wanted = snapshot.metric ?? 'accuracy';
  const names = snapshot.evals.flatMap(item => Object.keys(item.metrics));
  return names.includes(wanted) ? wanted : names[0] ?? wanted;
}

/** Columns on one axis of steps; evaluations between two points get a place of their own. */
export function curveOf(snapshot: Snapshot): ICurve {
  const { step, loss, lr } = snapshot.columns;
  const metric = metricOf(snapshot);
  const smoothed = smooth(loss);
  const curve: ICurve = { steps: [], loss: [], smoothed: [], lr: [], evals: [], best: null };
  const evals = [...snapshot.evals].sort((a, b) => a.step - b.step);
  let next = 0;
  const add = (at: number, place: number | null, value: number | null) => {
    curve.steps.push(at);
    curve.loss.push(place === null ? null : loss[place] ?? null);
    curve.smoothed.push(place === null ? null : smoothed[place] ?? null);
    curve.lr.push(place === null ? null : lr[place] ?? null);
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
  step.forEach((at, place) => {
    if (at !== null) {
      add(at, place, addEvalsUpTo(at));
    }
  });
  addEvalsUpTo(Infinity);
  return curve;
}
