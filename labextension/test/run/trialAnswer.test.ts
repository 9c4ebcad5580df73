import { describe, expect, it } from 'vitest';

import { Words } from '../../src/run/i18n';
import { answerLine, whyLine } from '../../src/run/trialAnswer';
import type { Answered, Explained } from '../../src/run/trialMessages';

const both = (text: string) => ({ en: text, zh: text });
const answered: Answered = {
  type: 'answer',
  id: 1,
  said: both('<b>差评</b>'),
  right: '差评',
  bars: [
    { name: '差评', share: 0.9, value: '90.0%', chosen: true },
    { name: '好评', share: 0.1, value: '10.0%', chosen: false }
  ],
  marks: [],
  notes: [both('only the beginning')],
  more: true
};
const explained = (weights: number[]): Explained => ({
  type: 'explained',
  id: 1,
  method: both('occlusion'),
  pieces: weights.map((weight, start) => ({ role: 'text', start, end: start + 1, weight }))
});

describe('what a screen reader hears', () => {
  it('is the answer, its figure and what is to be minded', () => {
    expect(answerLine(answered, new Words('en'))).toBe('<b>差评</b>, 90.0%, only the beginning');
  });

  it('is what decided, the heaviest first', () => {
    const line = whyLine(explained([-0.2, 0.6, 0]), { text: '但差。' }, new Words('en'));
    expect(line).toBe('What decided (the change without it): “差” −0.60, “但” +0.20');
    expect(whyLine(explained([0.6]), { text: '😀' }, new Words('zh'))).toContain('“😀” −0.60');
  });

  it('is that nothing decided alone', () => {
    expect(whyLine(explained([0.01, 0]), { text: '但差' }, new Words('en'))).toContain('Nothing decides alone');
  });

  it('is why there is no explanation', () => {
    expect(whyLine(explained([]), { text: '但差' }, new Words('en'))).toBe('occlusion');
  });
});
