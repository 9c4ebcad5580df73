import { describe, expect, test } from 'vitest';

import {
  gibOfBytes,
  gibOfMib,
  percent,
  rate,
  share,
  shortName
} from '../../src/sidebar/format';

describe('memory', () => {
  test.each([
    [null, '–'],
    [0, '0.0'],
    [1536, '1.5'],
    [81_559, '79.6'],
    [102_348, '99.9'],
    [102_400, '100'],
    [143_771, '140']
  ])('%s MiB are %s GiB', (mib, text) => {
    expect(gibOfMib(mib)).toBe(text);
    expect(gibOfBytes(mib === null ? null : mib * 1024 ** 2)).toBe(text);
  });
});

describe('share', () => {
  test.each([
    [1, 3, 33],
    [2, 3, 67],
    [0, 10, 0],
    [null, 10, null],
    [5, null, null],
    [5, 0, null]
  ])('%s of %s is %s', (part, whole, found) => {
    expect(share(part, whole)).toBe(found);
  });

  test.each([
    [null, '–'],
    [0, '0%'],
    [67, '67%']
  ])('%s is written %s', (value, text) => {
    expect(percent(value)).toBe(text);
  });
});

describe('rate', () => {
  test.each([
    [null, '–'],
    [0, '0 B/s'],
    [999, '999 B/s'],
    [1000, '1.0 kB/s'],
    [123_456, '123 kB/s'],
    [25_600_000, '25.6 MB/s'],
    [900e9, '900 GB/s'],
    [4.2e12, '4200 GB/s']
  ])('%s bytes a second are %s', (value, text) => {
    expect(rate(value)).toBe(text);
  });
});

describe('the short name of a GPU', () => {
  test.each([
    ['NVIDIA A100-SXM4-80GB', 'A100-SXM4-80GB'],
    ['NVIDIA GeForce RTX 4090', 'RTX 4090'],
    ['NVIDIA A100-SXM4-80GB MIG 1g.10gb', 'MIG 1g.10gb'],
    ['NVIDIA H100 (simulated)', 'H100'],
    ['Tesla T4', 'Tesla T4']
  ])('of %s is %s', (name, short) => {
    expect(shortName(name)).toBe(short);
  });
});
