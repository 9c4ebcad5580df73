// What the chart of the run pages draws, made from snapshots: one axis of steps for all runs.

import { metricOf } from '../run/curve';
import { smooth, spanOf } from '../run/numbers';
import type { Snapshot } from '../run/state';

export type Row = (number | null)[];

/** One run in the chart. */
export interface ILine {
  id: string;
  name: string;
  metric: string;
  steps: number[];
  loss: Row;
  smoothed: Row;
  lr: Row;
  /** Steps and values of the evaluations. */
  evals: [step: number, value: number][];
  best: number | null;
}

/** How the curve is drawn. `smoothing` is the power of two of the span; 0 leaves it raw. */
export interface ILook {
  smoothing: number;
  log: boolean;
}

export const MOST_SMOOTHING = 9;
/** So many runs have a colour of their own; the later half is dashed as well. */
export const COLORS = 8;

export function dashOf(index: number): number[] | undefined {
  return index >= COLORS / 2 ? [8, 4] : undefined;
}

/** The position of the smoothing that a curve of this length gets where nobody chose. */
export function smoothingOf(points: number): number {
  return Math.round(Math.log2(spanOf(points)));
}

/** A run as a line. */
export function lineOf(snapshot: Snapshot, smoothing: number): ILine {
  const { step, loss, lr } = snapshot.columns;
  const kept = step.flatMap((at, index) => (at === null ? [] : [index]));
  const losses = kept.map(index => loss[index] ?? null);
  const metric = metricOf(snapshot);
  const evals = [...snapshot.evals].sort((a, b) => a.step - b.step);
  return {
    id: snapshot.run_id,
    name: snapshot.name,
    metric,
    steps: kept.map(index => step[index]!),
    loss: losses,
    smoothed: smoothing > 0 ? smooth(losses, 2 ** smoothing) : losses,
    lr: kept.map(index => lr[index] ?? null),
    evals: evals.flatMap(item => {
      const value = item.metrics[metric];
      return value == null ? [] : [[item.step, value] as [number, number]];
    }),
    best: evals.find(item => item.best)?.step ?? null
  };
}

/** All steps of all lines, rising. */
export function axisOf(lines: readonly ILine[]): number[] {
  const steps = new Set<number>();
  for (const line of lines) {
    line.steps.forEach(step => steps.add(step));
    line.evals.forEach(([step]) => steps.add(step));
  }
  return [...steps].sort((a, b) => a - b);
}

/** Values at their steps on the common axis. On a log scale what is not above zero is left out. */
export function along(
  axis: readonly number[],
  steps: readonly number[],
  values: Row,
  log: boolean
): Row {
  const at = new Map(steps.map((step, index) => [step, values[index] ?? null]));
  return axis.map(step => {
    const value = at.get(step) ?? null;
    return value === null || (log && value <= 0) ? null : value;
  });
}

/** Of what a line has at or before a step: its own last step there, and the values. */
export function readAt(
  line: ILine,
  step: number
): { step: number; loss: number | null; smoothed: number | null; lr: number | null } | null {
  let low = 0;
  let high = line.steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (line.steps[middle]! <= step) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const index = low - 1;
  if (index < 0) {
    return null;
  }
  return {
    step: line.steps[index]!,
    loss: line.loss[index] ?? null,
    smoothed: line.smoothed[index] ?? null,
    lr: line.lr[index] ?? null
  };
}

/** The last evaluation at or before a step. */
export function evalAt(line: ILine, step: number): number | null {
  const found = line.evals.filter(([at]) => at <= step).at(-1);
  return found ? found[1] : null;
}

/** A window of the axis, made smaller or larger around a place, and kept within the curve. */
export function zoomed(
  window: [number, number],
  whole: [number, number],
  factor: number,
  around: number
): [number, number] | null {
  const least = Math.max(1, (whole[1] - whole[0]) / 5000);
  const width = Math.max(least, (window[1] - window[0]) * factor);
  if (width >= whole[1] - whole[0]) {
    return null;
  }
  const share = (around - window[0]) / Math.max(1e-9, window[1] - window[0]);
  return moved([around - share * width, around + (1 - share) * width], whole, 0);
}

/** A window moved by a share of its width, and kept within the curve. */
export function moved(
  window: [number, number],
  whole: [number, number],
  share: number
): [number, number] {
  const width = window[1] - window[0];
  const low = Math.min(Math.max(whole[0], window[0] + share * width), whole[1] - width);
  return [low, low + width];
}
