// Runs as tests need them: whole snapshots from what a test wants to say of them.

import type * as run from '../../src/run/schema';
import { COLUMNS } from '../../src/run/state';

type Without<Each> = Each extends run.Event ? Omit<Each, 'seq' | 't'> : never;

/** An event as a test writes it; `numbered` gives it its sequence number and time. */
export type Draft = Without<run.Event>;

/** Events in a row, one a second, the first with the number `from`. */
export function numbered(drafts: Draft[], from = 1): run.Event[] {
  return drafts.map((draft, index) => ({ ...draft, seq: from + index, t: 1000 + from + index }));
}

/** A run that was just made: nothing has happened yet. */
export function fresh(change: Partial<run.Snapshot> = {}): run.Snapshot {
  return {
    version: 1,
    run_id: 'a1b2c3',
    name: 'reviews',
    folder: 'paddle_runs/reviews-a1b2c3',
    state: 'queued',
    seq: 0,
    points: 0,
    columns: { step: [], t: [], loss: [], lr: [], samples_per_s: [], memory_mb: [], gpu_memory_mb: [] },
    evals: [],
    notices: [],
    export: null,
    end: null,
    commands: { magic: '', cli: '', python: '', yaml: '' },
    report: null,
    log: [],
    ...change
  };
}

/** A run whose curve has these losses at the steps 1, 2, 3, … */
export function withLosses(losses: run.Column, change: Partial<run.Snapshot> = {}): run.Snapshot {
  const snapshot = fresh({ points: losses.length, ...change });
  for (const name of COLUMNS) {
    snapshot.columns[name] = losses.map(() => null);
  }
  snapshot.columns.step = losses.map((_, index) => index + 1);
  snapshot.columns.loss = losses;
  return snapshot;
}

export const evaluation = (step: number, accuracy: number | null, best = false): run.EvalEvent => ({
  seq: step,
  t: 1000 + step,
  kind: 'eval',
  step,
  metrics: { accuracy },
  best
});
