// Names of metrics and of parts of the data, which the sidebar needs as well as the card.

import { NAMES } from './nameTable';

/** The name in a language; one that nobody foresaw is as it is. */
export function nameOf(kind: 'metric' | 'split', name: string, language: 'en' | 'zh'): string {
  const pair = (NAMES as { [key: string]: readonly [string, string] })[`${kind}.${name}`];
  return pair ? pair[language === 'zh' ? 1 : 0] : name;
}
