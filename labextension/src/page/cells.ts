// The texts of the table's cells, as paddle_lab/views/runs_table.py writes them.

import type { Words } from '../run/i18n';
import { count, duration, figure, roughly } from '../run/numbers';
import type * as wire from './messages';
import type { PagePhrases } from './phrases';

export function stateName(state: string, words: Words, phrases: PagePhrases): string {
  return state === 'unreadable' ? phrases.say('table.unreadable') : words.sayAny('state', state);
}

/** `accuracy 82.6%`; a dash for none. */
export function measured(value: wire.MaybeFigure, words: Pick<Words, 'metric'>): string {
  return value ? `${words.metric(value[0])} ${figure(...value)}` : '–';
}

/** `40 / 120`, or how many there were where nobody knows of how many. */
export function steps(row: wire.RunRow): string {
  if (row.total_steps) {
    return `${count(row.step)} / ${count(row.total_steps)}`;
  }
  return row.step ? count(row.step) : '–';
}

/** How long it took, or what a live run has left. */
export function time(row: wire.RunRow, phrases: PagePhrases): string {
  if (row.live) {
    return row.left_s === null ? '' : phrases.say('table.left', { time: roughly(row.left_s, phrases.language) });
  }
  return duration(row.took, phrases.language);
}

/** The local time of day: `2026-11-28 23:10`. */
export function moment(seconds: number): string {
  const date = new Date(1000 * seconds);
  if (Number.isNaN(date.getTime())) {
    return '–';
  }
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
