// Names of metrics and of parts of the data, which the sidebar needs as well as the card.

import { NAMES } from './nameTable';

const ORDER = Object.keys(NAMES);

/** Metrics in the order in which every view shows them: as `in_order` of paddle_lab/views/words.py. */
export function inOrder(metrics: Iterable<string>, first?: string): string[] {
  const rank = (name: string): number =>
    name === first ? -1 : ORDER.indexOf(`metric.${name}`) + 1 || 999;
  return [...new Set(metrics)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** The name in a language; one that nobody foresaw is as it is. */
export function nameOf(kind: 'metric' | 'split', name: string, language: 'en' | 'zh'): string {
  const pair = (NAMES as { [key: string]: readonly [string, string] })[`${kind}.${name}`];
  return pair ? pair[language === 'zh' ? 1 : 0] : name;
}
