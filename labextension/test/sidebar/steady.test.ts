import { expect, test } from 'vitest';

import { type IOwner, steady } from '../../src/sidebar/steady';

/** `a` is a run of its own process, `B` a notebook. */
function owners(said: string): IOwner[] {
  return [...said].map(key => ({ key, kernel: key === key.toUpperCase() ? key : null }));
}

function order(before: string, now: string, lives = true): string {
  return steady(owners(before), owners(now), lives)
    .map(({ key, gone }) => (gone ? '-' : key))
    .join('');
}

test('an owner stays where it is, whoever holds most now', () => {
  expect(order('', 'aBc')).toBe('aBc');
  expect(order('aBc', 'cBa')).toBe('aBc');
  expect(order('aB', 'DaB')).toBe('aBD');
});

test('the place of one that has gone is kept while a run lives, or taken by one that is as high', () => {
  expect(order('aBc', 'Bc')).toBe('-Bc');
  expect(order('aBc', 'Bcd')).toBe('dBc');
  expect(order('aBc', 'BcD')).toBe('-BcD');
  expect(order('aBc', 'aB')).toBe('aB');
  expect(order('aBc', 'Bc', false)).toBe('Bc');
});
