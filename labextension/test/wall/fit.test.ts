import { describe, expect, test } from 'vitest';

import { fitOf } from '../../src/wall/fit';

describe('tiles', () => {
  test('thirty on one screen are read from the last row', () => {
    const { columns, letter } = fitOf(30, 1890, 1000);
    expect(columns).toBe(6);
    // A fiftieth of the height, or nearly: percent is twice, the name one and a quarter of it.
    expect(letter).toBeGreaterThan(1080 / 56);
  });

  test.each([
    [1, 1890, 1000],
    [3, 1890, 1000],
    [7, 900, 700],
    [30, 1200, 800]
  ])('%s fit on %s by %s', (count, width, height) => {
    const { columns, letter } = fitOf(count, width, height);
    const rows = Math.ceil(count / columns);
    expect(columns * letter * 15).toBeLessThanOrEqual(width + 1);
    expect(rows * letter * 10.3).toBeLessThanOrEqual(height + 1);
  });

  test('a few are no larger than useful, and too many scroll', () => {
    expect(fitOf(1, 1890, 1000).letter).toBe(36);
    const many = fitOf(100, 400, 300);
    expect(many.letter).toBe(9);
    expect(many.columns).toBeLessThan(4);
    expect(fitOf(5, 60, 300).columns).toBe(1);
  });

  test('none has no size, and breaks nothing', () => {
    expect(fitOf(0, 1890, 1000).columns).toBeGreaterThan(0);
    expect(fitOf(3, 0, 0).columns).toBe(1);
  });
});
