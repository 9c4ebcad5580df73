import { transformSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

// @ts-expect-error A script of the build has no types.
import script from '../../scripts/chart-parts.mjs';

const leanChart = script as (source: string) => string;
const source = readFileSync(createRequire(import.meta.url).resolve('uplot/dist/uPlot.esm.js'), 'utf8');
const small = (code: string): string =>
  transformSync(code, { format: 'esm', minify: true, treeShaking: true }).code;

describe('uPlot without the parts that no chart of ours has', () => {
  const lean = small(leanChart(source));

  it('has what our charts call', () => {
    for (const name of ['setData', 'setScale', 'setCursor', 'setSize', 'redraw', 'destroy', 'valToPos', 'posToVal']) {
      expect(lean.includes(`.${name}=`), name).toBe(true);
    }
  });

  it('has no dates and no other forms of lines, and is a quarter smaller at least', () => {
    for (const part of ['getFullYear', '.addBand=', '.spline=']) {
      expect(small(source).includes(part), part).toBe(true);
      expect(lean.includes(part), part).toBe(false);
    }
    expect(lean.length).toBeLessThan(0.75 * small(source).length);
  });

  it('is not made of a version that says it otherwise', () => {
    expect(() => leanChart(source.replace('flags != 0 && bands.forEach(', 'bands.forEach('))).toThrow(
      'areas between two lines'
    );
  });
});
