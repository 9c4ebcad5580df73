import type { Snapshot } from '../../src/run/state';

/** A snapshot with a curve and evaluations, and nothing else worth a test. */
export function snapshotWith(
  id: string,
  steps: number[],
  losses: (number | null)[],
  evals: [step: number, value: number][] = []
): Snapshot {
  const none = steps.map(() => null);
  return {
    run_id: id,
    name: id,
    metric: 'accuracy',
    columns: {
      step: steps,
      t: none,
      loss: losses,
      lr: none,
      samples_per_s: none,
      memory_mb: none,
      gpu_memory_mb: none
    },
    evals: evals.map(([step, value]) => ({ step, metrics: { accuracy: value }, best: false }))
  } as unknown as Snapshot;
}
