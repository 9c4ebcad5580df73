// Numbers as people read them, as paddle_lab/text/numbers.py writes them.

import type * as run from './schema';

type Maybe = number | null | undefined;

/** A loss or a metric: four digits that count; a dash for what is missing. */
export function number(value: Maybe): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return '–';
  }
  const size = Math.abs(value);
  if (size === 0) {
    return '0';
  }
  if (size >= 1000) {
    return count(value);
  }
  if (size < 0.001) {
    return value.toExponential(1).replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return value.toFixed(size < 10 ? 4 : 2);
}

/** A measured amount, without more digits than it deserves: 2.1, 24, 0.35. */
export function amount(value: Maybe): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return '–';
  }
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}

/** A number of things: `1,728`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function percent(value: Maybe): string {
  return value === null || value === undefined ? '–' : `${(100 * value).toFixed(1)}%`;
}

/** A metric by its name: a share as a percentage, another as a number. */
export function figure(name: string, value: Maybe): string {
  return isShare(name) && value != null && value >= 0 && value <= 1 ? percent(value) : number(value);
}

/** Whether the metric of this name is a share of rows, of answers or of labels. */
export function isShare(name: string): boolean {
  return /accuracy|f1|em$|precision|recall/i.test(name);
}

/** A round value of an axis; a share as a percentage. */
export function tick(value: number, share: boolean): string {
  return share ? `${Number((100 * value).toPrecision(4))}%` : String(Number(value.toPrecision(4)));
}

/** A report's figure or text in its format; null is no text, or a figure that is not known. */
export function cell(
  value: string | Maybe,
  format: run.Format
): string {
  if (value === null || value === undefined) {
    return format === 'text' ? '' : '–';
  }
  if (typeof value === 'string' || format === 'text') {
    return String(value);
  }
  const written = { percent, count, amount, number }[format] ?? number;
  return written(value);
}

const UNITS = { en: ['h', 'min', 's'], zh: ['小时', '分', '秒'] } as const;

/** `42 s`, `3 min 05 s`, `1 h 12 min`; in Chinese `42 秒` and so on. */
export function duration(seconds: Maybe, language: 'en' | 'zh' = 'en'): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return '–';
  }
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const [hour, minute, second] = UNITS[language];
  if (whole < 60) {
    return `${whole} ${second}`;
  }
  return whole < 3600
    ? `${Math.floor(whole / 60)} ${minute} ${two(whole % 60)} ${second}`
    : `${Math.floor(whole / 3600)} ${hour} ${two((whole % 3600) / 60)} ${minute}`;
}

/** About how long: a duration in one unit below an hour. */
export function roughly(seconds: Maybe, language: 'en' | 'zh' = 'en'): string {
  if (seconds === null || seconds === undefined || !(seconds >= 59.5 && seconds < 3570)) {
    return duration(seconds, language);
  }
  return `${Math.round(seconds / 60)} ${UNITS[language][1]}`;
}

export function megabytes(value: Maybe): string {
  if (value === null || value === undefined) {
    return '–';
  }
  return value < 1000 ? `${value.toFixed(0)} MB` : `${(value / 1024).toFixed(1)} GB`;
}

/** Over how many points a curve of this length is smoothed where nobody chose. */
export function spanOf(length: number): number {
  return Math.min(400, Math.max(8, length / 20));
}

/** An exponential moving average over about a twentieth of the curve, without start-up bias. */
export function smooth(
  values: readonly Maybe[],
  span: number = spanOf(values.length)
): (number | null)[] {
  const alpha = 2 / (span + 1);
  let mean = 0;
  let weight = 0;
  return values.map(value => {
    if (value === null || value === undefined) {
      return null;
    }
    mean += alpha * (value - mean);
    weight += alpha * (1 - weight);
    return mean / weight;
  });
}
