import { describe, expect, test } from 'vitest';

import { fileName } from '../../src/page/save';
import { type ISvgChart, svgOf, ticksOf } from '../../src/page/svg';

const chart = (more: Partial<ISvgChart> = {}): ISvgChart => ({
  title: 'a & b',
  x: [0, 10],
  xTitle: 'steps',
  yTitle: 'loss',
  rightTitle: 'accuracy',
  rightShare: true,
  log: false,
  lines: [
    { label: 'loss', color: 'red', points: [[0, 1], [5, 0.5], [10, 0.25]], width: 2 },
    { label: 'accuracy', color: 'red', points: [[5, 0.8], [99, 0.9]], width: 4, right: true }
  ],
  ink: 'black',
  ground: 'white',
  grid: 'grey',
  ...more
});

describe('the picture', () => {
  test('draws every point of the part that is shown, and no other', () => {
    const drawn = svgOf(chart({ x: [0, 5] }));
    expect(drawn.match(/<polyline points="([^"]*)"/)?.[1]?.split(' ')).toHaveLength(2);
    expect(drawn.match(/<circle/g)).toHaveLength(1);
    expect(drawn).toContain('>steps<');
  });

  test('takes names as text and as nothing else', () => {
    const evil = '"><script>alert(1)</script>\u0000&';
    const drawn = svgOf(
      chart({ title: evil, lines: [{ label: evil, color: `red"/>${evil}`, points: [[0, 1]], width: 1 }] })
    );
    expect(drawn).not.toContain('<script');
    expect(drawn).not.toContain('\u0000');
    expect(drawn.match(/<svg/g)).toHaveLength(1);
  });

  test('without a point is a picture all the same', () => {
    expect(svgOf(chart({ lines: [] }))).not.toContain('NaN');
    expect(svgOf(chart({ lines: [], log: true }))).not.toContain('NaN');
  });

  test('has no infinite place on a log scale', () => {
    const drawn = svgOf(chart({ log: true }));
    expect(drawn).not.toMatch(/NaN|Infinity/);
  });
});

describe('ticks', () => {
  test.each([
    [[0, 10], false, [0, 2, 4, 6, 8, 10]],
    [[0.1, 0.4], false, [0.1, 0.2, 0.3, 0.4]],
    [[0.1, 5], true, [0.1, 0.2, 0.5, 1, 2, 5]]
  ] as [[number, number], boolean, number[]][])('of %s (log: %s)', (bounds, log, found) => {
    expect(ticksOf(bounds, log)).toEqual(found);
  });
});

describe('a file', () => {
  test.each([
    ['评论 1/2', '评论-1-2.csv'],
    ['../../etc/passwd', 'etc-passwd.csv'],
    ['', 'curve.csv'],
    ['a'.repeat(200), `${'a'.repeat(80)}.csv`]
  ])('of %s is called %s', (name, file) => {
    expect(fileName(name, 'csv')).toBe(file);
  });
});
