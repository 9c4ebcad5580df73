import { describe, expect, it } from 'vitest';

import type { Model } from '../../src/page/messages';
import { firstCells } from '../../src/starting/firstNotebook';
import { factsOf, matching } from '../../src/starting/modelFacts';
import { english } from '../sidebar/language';

const model = (name: string, change: Partial<Model> = {}): Model => ({
  name,
  source: { en: 'PaddleNLP downloads it', zh: '由 PaddleNLP 下载' },
  here: false,
  licence: null,
  layers: null,
  parameters: null,
  bytes: null,
  epoch_s: null,
  ...change
});
const mini = model('ernie-lab-mini', { here: true, licence: 'apache-2.0', layers: 3, parameters: 2077248, bytes: 4530798, epoch_s: 14.7 });
const own = model('hf:org/Own', { here: true });
const nano = model('ernie-3.0-nano-zh', { parameters: 17152512 });
const bert = model('bert-base-chinese');
const all = [mini, own, nano, bert];

describe('the models that are shown', () => {
  it('are those that are here or of known size, until a word is given', () => {
    expect(matching(all, ' ')).toEqual([mini, own, nano]);
    expect(matching(all, 'BERT')).toEqual([bert]);
    expect(matching(all, 'own')).toEqual([own]);
    expect(matching(all, 'gpt')).toEqual([]);
  });
});

describe("a model's row", () => {
  const reader = { trans: english, language: 'en' as const, say: (text: { en: string }) => text.en };

  it('says what it is and what it costs', () => {
    expect(factsOf(mini, reader)).toEqual(['yes', 'apache-2.0', '3', '2.1 M', '5 MB', '15 s']);
  });

  it('says what nobody knows', () => {
    expect(factsOf(bert, reader)).toEqual(['PaddleNLP downloads it', 'unknown', '–', '–', '–', '–']);
  });
});

describe('a notebook that uses one', () => {
  it('names it in its line', () => {
    expect(firstCells('en', 'hf:org/Own').cells[1]).toBe('%ernie_finetune reviews --model hf:org/Own --limit 2000');
    expect(firstCells('en', undefined).cells[1]).toBe('%ernie_finetune reviews --limit 2000');
  });
});
