import { describe, expect, it } from 'vitest';

import type { ISidebar } from '../../src/sidebar/context';
import type * as wire from '../../src/sidebar/messages';
import { factsOf } from '../../src/sidebar/runWords';
import { english } from './language';

const sidebar = { trans: english, language: 'en' } as unknown as ISidebar;
const run = (change: Partial<wire.Run>): wire.Run =>
  ({ live: true, state: 'queued', place: null, share: null, left_s: null, total_steps: null, step: 0, best: null, loss: null, ...change }) as wire.Run;

describe('the facts of a run', () => {
  it('are its place alone while it waits in the queue', () => {
    expect(factsOf(run({ place: 2 }), sidebar)).toEqual(['place 2 in the queue']);
  });

  it('are how far it is once it trains', () => {
    const facts = factsOf(run({ state: 'training', share: 0.421, step: 40, total_steps: 100, loss: 0.5 }), sidebar);
    expect(facts).toEqual(['42%', '40 / 100', 'loss 0.5000']);
  });
});
