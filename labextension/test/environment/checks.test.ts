import { describe, expect, it } from 'vitest';

import { NOTHING, after, failed, isRunning } from '../../src/environment/checks';
import type { Check, Found } from '../../src/environment/messages';
import { RequestError } from '../../src/sidebar/request';

const FOUND = { light: 'green', findings: [] } as unknown as Found;

function check(id: string, state: Check['state'], found: Found | null = null): Check {
  return { id, kernel: '', depth: 'look', state, said: [], found, error: null };
}

describe('the page of the environment check', () => {
  it('keeps what was found while the next check runs, and when that is cancelled', () => {
    let state = after(NOTHING, check('a', 'running'));
    expect(isRunning(state)).toBe(true);
    state = after(state, check('a', 'done', FOUND));
    expect(isRunning(state)).toBe(false);
    for (const next of ['running', 'cancelled', 'failed'] as const) {
      state = after(state, check('b', next));
      expect(state.found).toBe(FOUND);
      expect(state.foundBy).toBe('a');
    }
  });

  it('says what the server refused in its own words, and goes on', () => {
    const said = { code: 'server.checks_running', what: { en: 'Two run already.', zh: '已有两项。' } };
    const state = failed(after(NOTHING, check('a', 'done', FOUND)), new RequestError(409, 'no', said));
    expect(state.problem).toBe(said);
    expect(state.found).toBe(FOUND);
    expect(failed(NOTHING, new TypeError('Failed to fetch')).problem).toBe('Failed to fetch');
    expect(after(state, check('b', 'running')).problem).toBeNull();
  });
});
