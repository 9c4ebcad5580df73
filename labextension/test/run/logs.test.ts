import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type ILogs, Logs } from '../../src/run/logs';

const CAME = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0);
};

describe('the logs of a run of three processes', () => {
  let asked: string[];
  let answer: (name: string) => Promise<ILogs>;
  let drawn: number;
  let logs: Logs;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    drawn = 0;
    answer = name => Promise.resolve({ names: ['rank-1', 'rank-2'], lines: name ? [`of ${name}`] : [] });
    logs = new Logs(
      name => {
        asked.push(name);
        return answer(name);
      },
      () => (drawn += 1)
    );
  });

  afterEach(() => void vi.useRealTimers());

  it('are asked for once when the tab is seen, and again when the run comes on', async () => {
    logs.seen('training', true);
    logs.seen('training', true);
    await CAME();
    expect([logs.names, logs.lines]).toEqual([['rank-1', 'rank-2'], []]);
    vi.advanceTimersByTime(60_000);
    logs.seen('training', true);
    expect(asked).toEqual(['']);
    logs.seen('finished', false);
    expect(asked).toEqual(['', '']);
  });

  it('are read again every two seconds while the one that is shown grows', async () => {
    logs.seen('training', true);
    logs.choose('rank-2');
    await CAME();
    expect(logs.lines).toEqual(['of rank-2']);
    logs.seen('training', true);
    vi.advanceTimersByTime(2_000);
    logs.seen('training', true);
    vi.advanceTimersByTime(2_000);
    logs.seen('training', false);
    expect(asked).toEqual(['', 'rank-2', 'rank-2']);
  });

  it('show no lines of one that is no longer chosen', async () => {
    logs.choose('rank-1');
    logs.choose('rank-2');
    await CAME();
    expect(logs.lines).toEqual(['of rank-2']);
  });

  it('keep their control as long as the names are the same', async () => {
    logs.seen('training', true);
    await CAME();
    const control = {} as HTMLElement;
    logs.control = control;
    logs.choose('rank-1');
    await CAME();
    expect(logs.control).toBe(control);
    answer = () => Promise.resolve({ names: ['rank-1'], lines: [] });
    logs.choose('');
    await CAME();
    expect(logs.control).toBeNull();
  });

  it('say why one cannot be read, and forget none', async () => {
    logs.seen('training', true);
    await CAME();
    answer = () => Promise.reject(new Error('The disk does not answer.'));
    logs.choose('rank-1');
    await CAME();
    expect([logs.names, logs.lines]).toEqual([['rank-1', 'rank-2'], ['The disk does not answer.']]);
    expect(drawn).toBeGreaterThan(2);
  });
});
