import { describe, expect, it } from 'vitest';

import { type ISeat, type ISeated, seatsFor, unitsOf } from '../../src/sidebar/seats';

/** `b3*`: the run b, begun at 3, lives. */
function run(said: string): ISeated {
  return { id: said[0]!, created: Number(said[1]), live: said.endsWith('*') };
}

/** `a0-1 b2`: a has the units 0 and 1, b has 2. */
function seats(before: string, runs: string, held = false): string {
  const known = runs.split(' ').filter(Boolean).map(run);
  return written(seatsFor(read(before), known, held));
}

function read(said: string): ISeat[] {
  return said
    .split(' ')
    .filter(Boolean)
    .map(one => ({ id: one[0]!, at: Number(one[1]), large: one.includes('-') }));
}

function written(found: readonly ISeat[]): string {
  return found.map(({ id, at, large }) => `${id}${at}${large ? `-${at + 1}` : ''}`).join(' ');
}

describe('the seats of runs', () => {
  it('are taken by the newest first; with no live run the last one shows its curve', () => {
    expect(seats('', '')).toBe('');
    expect(seats('', 'a1 b2 c3 d4')).toBe('d0-1 c2 b3');
    expect(seats('', 'a1 b2* c3')).toBe('b0-1 c2 a3');
  });

  it('stay where they are while runs live and end', () => {
    expect(seats('d0-1 c2 b3', 'a1 b2 c3 d4*')).toBe('d0-1 c2 b3');
    expect(seats('d0-1 c2 b3', 'a1 b2 c3')).toBe('a0 c2 b3');
  });

  it('give way to a run that begins: first one that ended, then the oldest', () => {
    expect(seats('d0-1 c2 b3', 'b2 c3 d4 e5*')).toBe('e0-1 c2 d3');
    expect(seats('d0-1 c2 b3', 'b2 c3 d4* e5*')).toBe('d0-1 e2-3');
    expect(seats('a0-1', 'a1* b2*')).toBe('a0-1 b2-3');
  });

  it('are more where more live at once than have room', () => {
    const three = seats('a0-1 b2-3', 'a1* b2* c3*');
    expect(three).toBe('a0-1 b2-3 c4-5');
    expect([unitsOf([]), unitsOf(read(three))]).toEqual([4, 6]);
  });

  it('are taken from nobody while somebody points at them', () => {
    expect(seats('d0-1 c2 b3', 'b2 c3 d4 e5*', true)).toBe('d0-1 c2 b3 e4-5');
    expect(seats('d0-1 c2 b3', 'b2 c3* d4', true)).toBe('d0-1 c2 b3');
    expect(seats('d0-1 c2 b3', 'b2 c3 d4 e5', true)).toBe('d0-1 c2 b3');
  });

  it('of a run that is taken up again become large', () => {
    expect(seats('d0-1 c2 b3', 'b2 c3* d4')).toBe('c0-1 d2 b3');
  });
});
