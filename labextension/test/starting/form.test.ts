import { describe, expect, it } from 'vitest';

import { epochsOf, isData, lineOf, optionsOf, quoted, wholeOf, withColumn, withTask } from '../../src/starting/form';
import type { RoleRead } from '../../src/starting/messages';

const title = { en: 'text', zh: '文本' };
const ROLES: RoleRead[] = [
  { name: 'text1', title, option: 'text', column: 'a' },
  { name: 'text2', title, option: 'column', column: 'b' },
  { name: 'label', title, option: 'label', column: 'c' }
];

describe('the line that the page writes', () => {
  it('names the file alone where nothing was chosen', () => {
    expect(lineOf('reviews.csv', optionsOf({ columns: {} }, ROLES))).toBe('%ernie_finetune reviews.csv');
  });

  it('says what was chosen, each by its option', () => {
    const form = { columns: { label: 'stars', text2: 'title', text1: 'body' }, model: 'm', epochs: 2.5, limit: 100, maxLen: 64 };
    const line = lineOf('r.csv', optionsOf(form, ROLES));
    expect(line).toBe(
      '%ernie_finetune r.csv --model m --epochs 2.5 --limit 100 --max-len 64 --label stars --text body --column text2=title'
    );
  });

  it('quotes what a shell would take apart', () => {
    expect(quoted('我的 评论.csv')).toBe("'我的 评论.csv'");
    expect(quoted("it's.csv")).toBe(`'it'"'"'s.csv'`);
    expect(quoted('')).toBe("''");
    expect(lineOf('-x.csv', { label: '-1' })).toBe('%ernie_finetune ./-x.csv --label=-1');
  });
});

describe('the form', () => {
  it('forgets columns with the task that they were of', () => {
    const form = withColumn({ columns: {}, epochs: 3 }, 'text1', 'body');
    expect(withTask(form, 'regress')).toEqual({ columns: {}, epochs: 3, task: 'regress' });
  });

  it('takes numbers within their bounds alone', () => {
    expect(wholeOf('20', 2, 100)).toBe(20);
    for (const odd of ['', '1', '101', '2.5', '-3', '1e1', 'x']) {
      expect(wholeOf(odd, 2, 100)).toBeUndefined();
    }
    expect(epochsOf('0.5')).toBe(0.5);
    for (const odd of ['', '0', '-1', 'x']) {
      expect(epochsOf(odd)).toBeUndefined();
    }
  });

  it('knows files of data by their names', () => {
    for (const name of ['a.csv', 'B.TSV', '评论.jsonl', 'x.xlsx', 'x.csv.gz', 'x.parquet']) {
      expect(isData(name)).toBe(true);
    }
    for (const name of ['a.ipynb', 'csv', 'a.py', 'a.csv.ipynb', 'a.png']) {
      expect(isData(name)).toBe(false);
    }
  });
});
