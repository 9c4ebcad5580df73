// Folds a run's events exactly as paddle_lab/runs/state.py does; a test holds the two together.

import type * as run from './schema';

export type Snapshot = run.Snapshot;

/** What the server's socket and the widget's comm tell a view. */
export type RunMessage =
  | { type: 'snapshot'; seq: number; snapshot: Snapshot }
  | {
      type: 'delta';
      from: number;
      seq: number;
      events: run.Event[];
      log?: string[];
      patch?: Partial<Snapshot>;
    };

export const COLUMNS = [
  'step',
  't',
  'loss',
  'lr',
  'samples_per_s',
  'memory_mb',
  'gpu_memory_mb'
] as const;

const LIVE_STATES: readonly string[] = ['queued', 'starting', 'training', 'paused', 'finishing'];
const MOST_POINTS = 8000;
const MOST_LOG_LINES = 200;
const MOST_NOTICES = 50;

/** Whether more events may come. */
export function isLive(snapshot: Snapshot): boolean {
  return LIVE_STATES.includes(snapshot.state);
}

/**
 * One run as a view holds it. However long the run, the curve stays within `MOST_POINTS`: beyond,
 * it is halved so that the highest and lowest points survive.
 */
export class RunStore {
  snapshot: Snapshot | null = null;

  /** Take a message in; false when something before it was lost and a snapshot is needed. */
  apply(message: RunMessage): boolean {
    if (message.type === 'snapshot') {
      // Several views of one tab hear the same message, and each folds what follows into its own.
      this.snapshot = structuredClone(message.snapshot);
      return true;
    }
    const snapshot = this.snapshot;
    if (!snapshot || message.from > snapshot.seq + 1) {
      return false;
    }
    for (const event of message.events) {
      fold(snapshot, event);
    }
    snapshot.seq = Math.max(snapshot.seq, message.seq);
    if (message.log) {
      snapshot.log = [...snapshot.log, ...message.log].slice(-MOST_LOG_LINES);
    }
    Object.assign(snapshot, message.patch);
    if (snapshot.columns.step.length > MOST_POINTS) {
      snapshot.columns = decimate(snapshot.columns, MOST_POINTS / 2);
    }
    return true;
  }
}

/** Take one event into a snapshot; unknown kinds and repeated sequence numbers change nothing. */
export function fold(snapshot: Snapshot, event: run.Event): void {
  if (event.seq <= snapshot.seq) {
    return;
  }
  snapshot.seq = event.seq;
  switch (event.kind) {
    case 'phase':
      foldPhase(snapshot, event);
      break;
    case 'step':
      foldStep(snapshot, event);
      break;
    case 'progress':
      takeProgress(snapshot, event);
      if (snapshot.phase && event.total !== undefined) {
        snapshot.phase = { ...snapshot.phase, done: event.done ?? 0, total: event.total };
      }
      break;
    case 'asked':
      if (event.ask === 'stop') {
        snapshot.stopping = !event.save ? 'discard' : event.when === 'epoch' ? 'epoch' : 'step';
      }
      break;
    case 'eval':
      foldEval(snapshot, event);
      break;
    case 'checkpoint':
      snapshot.checkpoints = [...(snapshot.checkpoints ?? []), event];
      break;
    case 'notice':
      // What is told again, as by a run that was resumed, stands once.
      snapshot.notices = [
        ...snapshot.notices.filter(({ code, text }) => code !== event.code || text.en !== event.text.en),
        event
      ].slice(-MOST_NOTICES);
      break;
    case 'export':
      snapshot.export = event;
      break;
    case 'end':
      snapshot.end = event;
      snapshot.ended = event.t;
      snapshot.left_s = snapshot.stopping = null;
      snapshot.state = event.state;
      break;
  }
}

function foldPhase(snapshot: Snapshot, event: run.PhaseEvent): void {
  snapshot.started ??= event.t;
  if (event.process !== undefined) {
    // Taken up again: while no process had it, it took no time.
    snapshot.started += event.t - (lastHeard(snapshot) ?? event.t);
    // A process has taken the run up: how the one before it ended is over.
    snapshot.end = snapshot.export = snapshot.ended = null;
    snapshot.share = snapshot.stopping = null;
  }
  snapshot.phase = event;
  if (event.total_steps !== undefined) {
    snapshot.total_steps = event.total_steps;
    snapshot.epochs = event.epochs ?? null;
  }
  if (event.from_step !== undefined) {
    rewind(snapshot, event.from_step);
  }
  snapshot.state = stateIn(event.phase);
  takeProgress(snapshot, event);
}

/** When the process before was last heard of; null for a run that had not trained. */
function lastHeard({ end, phase, columns }: Snapshot): number | null {
  const step = columns.t.at(-1);
  return end ? end.t : step === undefined ? null : Math.max(step ?? 0, phase?.t ?? 0);
}

/** How far it is and what is left, where an event says so; the share never falls. */
function takeProgress(snapshot: Snapshot, event: { share?: number | null; left_s?: number | null }): void {
  if (event.share !== null && event.share !== undefined) {
    snapshot.share = Math.max(snapshot.share ?? 0, event.share);
    snapshot.left_s = event.left_s ?? null;
  }
}

function stateIn(phase: run.PhaseEvent['phase']): Snapshot['state'] {
  switch (phase) {
    case 'paused':
    case 'queued':
      return phase;
    case 'train':
    case 'evaluate':
      return 'training';
    case 'report':
    case 'compare':
    case 'export':
    case 'verify':
      return 'finishing';
    case 'load':
    case 'data':
    case 'model':
    case 'tokenize':
    default: // a phase of a later version
      return 'starting';
  }
}

/** A resumed run repeats the steps after its checkpoint: forget the first telling of them. */
function rewind(snapshot: Snapshot, step: number): void {
  const found = snapshot.columns.step.findIndex(value => (value ?? 0) > step);
  const keep = found < 0 ? snapshot.columns.step.length : found;
  for (const name of COLUMNS) {
    snapshot.columns[name].length = keep;
  }
  snapshot.points = keep;
  snapshot.evals = snapshot.evals.filter(item => item.step <= step);
  snapshot.checkpoints = (snapshot.checkpoints ?? []).filter(item => item.step <= step);
}

function foldStep(snapshot: Snapshot, event: run.StepEvent): void {
  for (const name of COLUMNS) {
    snapshot.columns[name].push(event[name] ?? null);
  }
  snapshot.points += 1;
  takeProgress(snapshot, event);
  snapshot.left_s = event.left_s ?? null;
  snapshot.state = 'training';
}

function foldEval(snapshot: Snapshot, event: run.EvalEvent): void {
  if (event.best) {
    snapshot.evals = snapshot.evals.map(earlier => ({ ...earlier, best: false }));
  }
  snapshot.evals = [...snapshot.evals, { ...event }];
}

/** At most `limit` points: first, last, and of each bucket the lowest and the highest loss. */
export function decimate(columns: run.Columns, limit: number): run.Columns {
  const length = columns.step.length;
  if (length <= limit) {
    return columns;
  }
  const chosen = extremes(columns.loss, limit);
  const pick = (column: run.Column) => chosen.map(index => column[index] ?? null);
  return Object.fromEntries(COLUMNS.map(name => [name, pick(columns[name])])) as unknown as run.Columns;
}

function extremes(losses: run.Column, limit: number): number[] {
  const length = losses.length;
  const buckets = Math.max(1, Math.floor((limit - 2) / 2));
  const chosen = new Set([0, length - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = 1 + Math.floor((bucket * (length - 2)) / buckets);
    const stop = 1 + Math.floor(((bucket + 1) * (length - 2)) / buckets);
    let low = -1;
    let high = -1;
    for (let index = start; index < stop; index++) {
      const loss = losses[index];
      if (loss === null || loss === undefined) {
        continue;
      }
      low = low < 0 || loss < losses[low]! ? index : low;
      high = high < 0 || loss > losses[high]! ? index : high;
    }
    if (low >= 0) {
      chosen.add(low).add(high);
    }
  }
  return [...chosen].sort((a, b) => a - b);
}
