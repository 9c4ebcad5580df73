// The evaluation report of a run: per class, confusion, mistakes with their text, baseline, advice.

import { type Child, make, table } from './dom';
import type { Words } from './i18n';
import { amount, number, percent } from './numbers';
import type * as run from './schema';
import type { Snapshot } from './state';

const MOST_CLASSES = 30;
const WIDEST_CONFUSION = 20;

export function reportPanel(snapshot: Snapshot, words: Words): Node[] {
  const { report } = snapshot;
  const proof = exportLine(snapshot, words);
  if (!report) {
    const nothing = make('p', 'plab-quiet', words.say('report.none'));
    return proof ? [proof, nothing] : [nothing];
  }
  const mistakes = make('div', 'plab-mistakes');
  mistakes.tabIndex = 0;
  mistakes.setAttribute('role', 'group');
  mistakes.setAttribute('aria-label', words.say('report.mistakes'));
  const show = (label?: string, predicted?: string) =>
    mistakes.replaceChildren(...mistakeItems(report, words, label, predicted));
  show();
  return [
    heading(report, words),
    proof,
    ...advice(report, words),
    make('div', 'plab-columns', classes(report, words), confusion(report, words, show)),
    report.mistakes.length > 0 && make('h4', '', words.say('report.mistakes')),
    report.mistakes.length > 0 && mistakes
  ].filter((node): node is HTMLElement => Boolean(node));
}

/** What is known of the exported model, as one line; null before there is one. */
export function exportLine(snapshot: Snapshot, words: Words): HTMLElement | null {
  const item = snapshot.export;
  if (!item) {
    return null;
  }
  if (!item.ok) {
    return verdict(false, words.say('export.failed'));
  }
  const latency = Object.entries(item.latency_ms ?? {})
    .map(([name, value]) => `${name.replace(/^b(\d+)_len(\d+)$/, '$1 × $2')} ${amount(value)} ms`)
    .join(', ');
  const facts = [
    latency && words.say('export.latency', { latency }),
    item.size_mb != null && words.say('export.size', { size: amount(item.size_mb) })
  ].filter(Boolean);
  const said = words.say('export.ok', {
    rows: item.rows ?? '–',
    diff: number(item.max_abs_diff),
    tolerance: number(item.tolerance)
  });
  return verdict(true, said, make('span', 'plab-quiet', ` ${facts.join(' · ')}`));
}

function heading(report: run.Report, words: Words): HTMLElement {
  const title = words.say('report.title', { split: report.split, rows: report.rows });
  const metrics = Object.entries(report.metrics).map(([name, value]) =>
    make('span', 'plab-metric', `${name} `, make('b', '', number(value)))
  );
  return make('p', 'plab-line', make('span', 'plab-strong', title), ...metrics);
}

function advice(report: run.Report, words: Words): HTMLElement[] {
  const found: HTMLElement[] = [];
  if (report.baseline) {
    const { name, accuracy, beaten } = report.baseline;
    const said = words.say(beaten ? 'report.beaten' : 'report.not_beaten', {
      name,
      model: percent(report.metrics.accuracy),
      baseline: percent(accuracy)
    });
    found.push(verdict(beaten, said));
  }
  if (report.advice.length > 0) {
    found.push(
      make('p', 'plab-quiet', words.say('report.advice')),
      make('ul', 'plab-advice', ...report.advice.map(item => make('li', '', words.text(item))))
    );
  }
  return found;
}

function verdict(good: boolean, said: string, more?: Child): HTMLElement {
  const mark = make('span', good ? 'plab-good' : 'plab-bad', good ? '✓' : '✗');
  mark.setAttribute('aria-hidden', 'true');
  return make('p', 'plab-verdict', mark, make('span', '', said, more));
}

function classes(report: run.Report, words: Words): HTMLElement {
  const head = ['label', 'precision', 'recall', 'f1', 'rows'] as const;
  const rows = report.classes
    .slice(0, MOST_CLASSES)
    .map(item => [
      make('span', 'plab-label', item.label),
      number(item.precision),
      number(item.recall),
      number(item.f1),
      String(item.rows)
    ]);
  const left = report.classes.length - MOST_CLASSES;
  return make(
    'div',
    '',
    make('h4', '', words.say('report.classes')),
    table(head.map(name => words.say(`report.${name}`)), rows),
    left > 0 && make('p', 'plab-quiet', words.say('report.more', { n: left }))
  );
}

/** Rows are true labels; a cell shows its own mistakes when it is chosen. */
function confusion(
  report: run.Report,
  words: Words,
  show: (label?: string, predicted?: string) => void
): HTMLElement | null {
  const { labels, confusion: counts } = report;
  if (labels.length === 0 || labels.length > WIDEST_CONFUSION || counts.length === 0) {
    return null;
  }
  let chosen: HTMLElement | null = null;
  const cell = (i: number, j: number): HTMLElement => {
    const count = counts[i]?.[j] ?? 0;
    const whole = Math.max(1, (counts[i] ?? []).reduce((a, b) => a + b, 0));
    const name = i === j ? 'plab-cell plab-cell-right' : 'plab-cell';
    const element =
      i === j || count === 0
        ? make('span', name, String(count))
        : make('button', name, String(count));
    element.style.setProperty('--share', String(count / whole));
    element.title = `${labels[i]} → ${labels[j]}: ${percent(count / whole)}`;
    element.addEventListener('click', () => {
      const again = chosen === element;
      chosen?.classList.remove('plab-chosen');
      chosen = again || i === j ? null : element;
      chosen?.classList.add('plab-chosen');
      show(chosen ? labels[i] : undefined, chosen ? labels[j] : undefined);
    });
    return element;
  };
  const rows = labels.map((label, i) => [
    make('span', 'plab-label', label),
    ...labels.map((_, j) => cell(i, j))
  ]);
  return make(
    'div',
    '',
    make('h4', '', words.say('report.confusion')),
    table(['', ...labels.map(label => make('span', 'plab-label', label))], rows, 'plab-confusion')
  );
}

function mistakeItems(
  report: run.Report,
  words: Words,
  label?: string,
  predicted?: string
): HTMLElement[] {
  const found = report.mistakes.filter(
    item => label === undefined || (item.label === label && item.predicted === predicted)
  );
  if (found.length === 0) {
    return [make('p', 'plab-quiet', words.say('report.no_text'))];
  }
  return found.map(item => {
    const said = words.say('report.mistake', {
      label: item.label,
      predicted: item.predicted,
      probability: percent(item.probability)
    });
    const line = item.line != null && ` · ${words.say('report.line', { line: item.line })}`;
    const text = make('span', 'plab-text', item.text);
    text.dir = 'auto';
    return make('div', 'plab-mistake', text, make('span', 'plab-quiet', said, line));
  });
}
