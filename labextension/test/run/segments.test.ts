import { describe, expect, it, test } from 'vitest';

import { free } from '../../src/run/correction';
import { deciding, letters, place, segments } from '../../src/run/segments';

const joined = (parts: [string, unknown][]) => parts.map(([text, mark]) => (mark ? `[${text}]` : text)).join('');

describe('a text in its marked pieces', () => {
  test.each([
    ['在北京工作', [{ start: 1, end: 3 }], '在[北京]工作'],
    ['在北京工作', [], '在北京工作'],
    ['', [{ start: 0, end: 1 }], ''],
    ['😀北京👍🏽', [{ start: 1, end: 3 }], '😀[北京]👍🏽'],
    ['北京大学', [{ start: 0, end: 2 }, { start: 0, end: 4 }], '[北京大学]'],
    ['ab', [{ start: 1, end: 2 }, { start: 0, end: 1 }], '[a][b]'],
    ['ab', [{ start: 1, end: 9 }], 'ab'],
    ['ab', [{ start: 1, end: 1 }], 'ab']
  ])('%s with %j is %s', (text, marks, shown) => {
    expect(joined(segments(text, marks))).toBe(shown);
  });

  it('loses nothing of a text', () => {
    const text = '<b>😀</b>\n第二行';
    const parts = segments(text, [{ start: 3, end: 4 }, { start: 8, end: 10 }]);
    expect(parts.map(([part]) => part).join('')).toBe(text);
    expect(letters(text)[3]).toBe('😀');
  });
});

describe('where a piece stands', () => {
  test.each([
    ['李明和李明', '李明', null, { start: 0, end: 2 }],
    ['李明和李明', '李明', 3, { start: 3, end: 5 }],
    ['李明和李明', '李明', 2, { start: 0, end: 2 }],
    ['😀李明', '李明', null, { start: 1, end: 3 }],
    ['李明', '王红', null, null],
    ['李明', '', null, null]
  ])('in %s: %s, near %s', (text, part, near, found) => {
    expect(place(text, part, near)).toEqual(found);
  });

  it('is the first that is not marked already', () => {
    expect(free('李明和李明', '李明', [[0, 2, 'PER']])).toEqual({ start: 3, end: 5 });
    expect(free('李明', '李明', [[1, 2, 'PER']])).toBeNull();
    expect(free('李明', '', [])).toBeNull();
  });
});

describe('what decided', () => {
  const piece = (start: number, weight: number) => ({ start, end: start + 1, weight });
  const starts = (weights: number[], most = 5) => deciding(weights.map((w, i) => piece(i, w)), most).map(one => one.start);

  test.each<[number[], number[]]>([
    [[0.5, 0.01, -0.3], [0, 2]],
    [[0.01, 0.015], []],
    [[], []],
    [[0.9, 0.1, 0.3], [0, 2]]
  ])('of %j are %j', (weights, found) => {
    expect(starts(weights)).toEqual(found);
  });

  it('are a few, in the order of the text', () => {
    expect(starts([0.3, 0.5, 0.4], 2)).toEqual([1, 2]);
  });
});
