import { describe, expect, it, test } from 'vitest';

import type * as run from '../../src/run/schema';
import { decimate, fold, isLive, RunStore } from '../../src/run/state';
import { type Draft, fresh, numbered, withLosses } from './snapshots';

const step = (at: number, more: Partial<run.StepEvent> = {}): Draft => ({
  kind: 'step',
  step: at,
  loss: 1 / at,
  ...more
});

function folded(drafts: Draft[]): run.Snapshot {
  const snapshot = fresh();
  numbered(drafts).forEach(event => fold(snapshot, event));
  return snapshot;
}

describe('the state of a run', () => {
  test.each<[run.PhaseEvent['phase'], run.Snapshot['state']]>([
    ['queued', 'queued'],
    ['data', 'starting'],
    ['tokenize', 'starting'],
    ['model', 'starting'],
    ['train', 'training'],
    ['evaluate', 'training'],
    ['paused', 'paused'],
    ['report', 'finishing'],
    ['export', 'finishing'],
    ['verify', 'finishing']
  ])('in the phase %s it is %s', (phase, state) => {
    expect(folded([{ kind: 'phase', phase }]).state).toBe(state);
  });

  it('is starting in a phase of a later version', () => {
    const phase = 'warm_up' as run.PhaseEvent['phase'];
    expect(folded([{ kind: 'phase', phase }]).state).toBe('starting');
  });

  test.each<[run.Snapshot['state'], boolean]>([
    ['queued', true],
    ['starting', true],
    ['training', true],
    ['paused', true],
    ['finishing', true],
    ['finished', false],
    ['stopped', false],
    ['failed', false],
    ['aborted', false],
    ['crashed', false]
  ])('%s: more may come: %s', (state, live) => {
    expect(isLive(fresh({ state }))).toBe(live);
  });
});

describe('folding events', () => {
  it('adds a point for each step, with null for what was not measured', () => {
    const { columns, points, state } = folded([step(1, { lr: 1e-5 }), step(2, { loss: null })]);
    expect(columns.step).toEqual([1, 2]);
    expect(columns.loss).toEqual([1, null]);
    expect(columns.lr).toEqual([1e-5, null]);
    expect(columns.gpu_memory_mb).toEqual([null, null]);
    expect([points, state]).toEqual([2, 'training']);
  });

  it('keeps one best evaluation: the last that was', () => {
    const drafts = [true, false, true].map(
      (best, index): Draft => ({ kind: 'eval', step: index, metrics: { accuracy: index / 10 }, best })
    );
    expect(folded(drafts).evals.map(item => item.best)).toEqual([false, false, true]);
  });

  it('takes no event twice', () => {
    const snapshot = fresh();
    const [event] = numbered([step(1)]);
    fold(snapshot, event!);
    fold(snapshot, event!);
    expect(snapshot.points).toBe(1);
  });

  it('passes over kinds of a later version, and goes on after them', () => {
    const later = { kind: 'gradient' } as unknown as Draft;
    const snapshot = folded([later, step(1)]);
    expect([snapshot.points, snapshot.seq]).toEqual([1, 2]);
  });

  it('keeps the newest fifty notices', () => {
    const notices = Array.from({ length: 60 }, (_, index): Draft => ({
      kind: 'notice',
      level: 'info',
      code: `n${index}`,
      text: { en: '', zh: '' }
    }));
    const { notices: kept } = folded(notices);
    expect([kept.length, kept[0]?.code, kept[49]?.code]).toEqual([50, 'n10', 'n59']);
  });

  it('ends with the state that the run itself tells, and no time left', () => {
    const snapshot = folded([step(1, { left_s: 30 }), { kind: 'end', state: 'stopped', step: 1 }]);
    expect([snapshot.state, snapshot.left_s, snapshot.ended]).toEqual(['stopped', null, 1002]);
  });
});

describe('a run that is resumed', () => {
  const process = { pid: 7, started: 1, host: 'here' };
  const first: Draft[] = [
    { kind: 'phase', phase: 'train', total_steps: 10, epochs: 1 },
    ...[1, 2, 3, 4].map(at => step(at)),
    { kind: 'eval', step: 2, metrics: { accuracy: 0.6 }, best: true },
    { kind: 'eval', step: 4, metrics: { accuracy: 0.5 }, best: false },
    { kind: 'checkpoint', step: 2, path: 'checkpoints/step-2', best: true },
    { kind: 'checkpoint', step: 4, path: 'checkpoints/step-4', best: false },
    { kind: 'end', state: 'aborted', step: 4 }
  ];

  it('is no longer ended when a process takes it up', () => {
    const snapshot = folded([...first, { kind: 'phase', phase: 'queued', process }]);
    expect([snapshot.end, snapshot.ended, snapshot.state]).toEqual([null, null, 'queued']);
  });

  it('forgets what came after the checkpoint it goes on from', () => {
    const snapshot = folded([...first, { kind: 'phase', phase: 'train', from_step: 2 }, step(3)]);
    expect(snapshot.columns.step).toEqual([1, 2, 3]);
    expect(snapshot.columns.loss).toHaveLength(3);
    expect(snapshot.evals.map(item => item.step)).toEqual([2]);
    expect(snapshot.checkpoints?.map(item => item.step)).toEqual([2]);
    expect(snapshot.total_steps).toBe(10);
  });
});

describe('the store of a view', () => {
  const delta = (from: number, drafts: Draft[], more: object = {}) => ({
    type: 'delta' as const,
    from,
    seq: from + drafts.length - 1,
    events: numbered(drafts, from),
    ...more
  });

  it('needs a snapshot before anything else, and after a gap', () => {
    const store = new RunStore();
    expect(store.apply(delta(1, [step(1)]))).toBe(false);
    expect(store.apply({ type: 'snapshot', seq: 0, snapshot: fresh() })).toBe(true);
    expect(store.apply(delta(1, [step(1)]))).toBe(true);
    expect(store.apply(delta(3, [step(3)]))).toBe(false);
    expect(store.snapshot?.columns.step).toEqual([1]);
  });

  it('takes a message that begins with what it has', () => {
    const store = new RunStore();
    store.apply({ type: 'snapshot', seq: 0, snapshot: fresh() });
    store.apply(delta(1, [step(1), step(2)]));
    expect(store.apply(delta(2, [step(2), step(3)]))).toBe(true);
    expect(store.snapshot?.columns.step).toEqual([1, 2, 3]);
  });

  it('keeps the newest 200 lines of the log, and takes what is patched', () => {
    const store = new RunStore();
    const log = Array.from({ length: 150 }, (_, index) => `line ${index}`);
    store.apply({ type: 'snapshot', seq: 0, snapshot: fresh({ log }) });
    store.apply(delta(1, [], { seq: 0, log, patch: { state: 'crashed' } }));
    expect(store.snapshot?.log).toHaveLength(200);
    expect(store.snapshot?.log.at(-1)).toBe('line 149');
    expect(store.snapshot?.state).toBe('crashed');
  });

  it('halves a curve that grew beyond 8,000 points, and counts them all', () => {
    const store = new RunStore();
    const losses = Array.from({ length: 8000 }, (_, index) => Math.sin(index));
    store.apply({ type: 'snapshot', seq: 0, snapshot: withLosses(losses) });
    store.apply(delta(1, [step(8001)]));
    const { columns, points } = store.snapshot!;
    expect(columns.step.length).toBeGreaterThan(3000);
    expect(columns.step.length).toBeLessThanOrEqual(4000);
    expect([columns.step.at(0), columns.step.at(-1), points]).toEqual([1, 8001, 8001]);
  });
});

describe('decimate', () => {
  it('leaves a short curve as it is', () => {
    const { columns } = withLosses([3, 2, 1]);
    expect(decimate(columns, 3)).toBe(columns);
  });

  test.each([4, 10, 50, 333])('to %d points: ends and extremes survive', limit => {
    const losses = Array.from({ length: 1000 }, (_, index) => 1 / (index + 1));
    losses[412] = 99;
    losses[700] = -1;
    const thinned = decimate(withLosses(losses).columns, limit);
    expect(thinned.step.length).toBeLessThanOrEqual(limit);
    expect(thinned.step.at(0)).toBe(1);
    expect(thinned.step.at(-1)).toBe(1000);
    expect(thinned.loss).toContain(99);
    expect(thinned.loss).toContain(-1);
    expect(thinned.step).toEqual([...thinned.step].sort((a, b) => a! - b!));
  });

  it('keeps only the ends where no loss is known', () => {
    const losses = new Array<null>(100).fill(null);
    expect(decimate(withLosses(losses).columns, 10).step).toEqual([1, 100]);
  });
});
