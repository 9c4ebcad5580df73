import { describe, expect, it, test } from 'vitest';

import { amount, duration, megabytes, number, percent, smooth } from '../../src/run/numbers';

type Maybe = number | null | undefined;

const MISSING: [Maybe, string][] = [
  [null, '–'],
  [undefined, '–']
];

describe('number', () => {
  test.each<[Maybe, string]>([
    ...MISSING,
    [NaN, '–'],
    [Infinity, '–'],
    [0, '0'],
    [0.12345, '0.1235'],
    [-2.5, '-2.5000'],
    [12.3456, '12.35'],
    [999.994, '999.99'],
    [1234.56, '1,235'],
    [0.0005, '5.0e-04'],
    [-3e-12, '-3.0e-12']
  ])('%s is written %s', (value, text) => {
    expect(number(value)).toBe(text);
  });
});

describe('amount', () => {
  test.each<[Maybe, string]>([...MISSING, [NaN, '–'], [2.1234, '2.1'], [24.4, '24'], [812.4, '812'], [0.349, '0.35'], [8, '8']])(
    '%s is written %s',
    (value, text) => {
      expect(amount(value)).toBe(text);
    }
  );
});

describe('percent', () => {
  test.each<[Maybe, string]>([...MISSING, [0, '0.0%'], [0.8556, '85.6%'], [1, '100.0%']])(
    '%s is written %s',
    (value, text) => {
      expect(percent(value)).toBe(text);
    }
  );
});

describe('duration', () => {
  test.each<[Maybe, string]>([
    ...MISSING,
    [NaN, '–'],
    [Infinity, '–'],
    [-3, '0 s'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [61, '1 min 01 s'],
    [3599, '59 min 59 s'],
    [3600, '1 h 00 min'],
    [7384, '2 h 03 min'],
    [360_000, '100 h 00 min']
  ])('%s seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('megabytes', () => {
  test.each<[Maybe, string]>([...MISSING, [0, '0 MB'], [999, '999 MB'], [1000, '1.0 GB'], [4096, '4.0 GB']])(
    '%s MB are %s',
    (value, text) => {
      expect(megabytes(value)).toBe(text);
    }
  );
});

describe('smooth', () => {
  it('begins with the first value itself, however short the curve', () => {
    expect(smooth([2, 2, 2])).toEqual([expect.closeTo(2), expect.closeTo(2), expect.closeTo(2)]);
    expect(smooth([5])[0]).toBeCloseTo(5);
    expect(smooth([])).toEqual([]);
  });

  it('leaves gaps where they are and goes on behind them', () => {
    const smoothed = smooth([1, null, 1, undefined]);
    expect(smoothed).toEqual([expect.closeTo(1), null, expect.closeTo(1), null]);
  });

  it('stays between the lowest and the highest value', () => {
    const values = Array.from({ length: 500 }, (_, index) => Math.sin(index) + index / 100);
    for (const value of smooth(values)) {
      expect(value).toBeGreaterThanOrEqual(Math.min(...values));
      expect(value).toBeLessThanOrEqual(Math.max(...values));
    }
  });

  it('takes the noise out of a curve that falls', () => {
    const noisy = Array.from({ length: 400 }, (_, index) => 1 - index / 400 + (index % 2 ? 0.3 : -0.3));
    const wobble = (row: (number | null)[]) =>
      row.slice(1).reduce<number>((sum, value, index) => sum + Math.abs(value! - row[index]!), 0);
    expect(wobble(smooth(noisy))).toBeLessThan(wobble(noisy) / 5);
  });
});
