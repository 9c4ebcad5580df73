// A report's blocks as parts of the page. No task is known here: a block says what it holds.

import { button, make, table } from './dom';
import type { Words } from './i18n';
import { cell, count as written, percent } from './numbers';
import type * as run from './schema';
import { segments } from './segments';

const MOST_ROWS = 30;
const WIDEST_MATRIX = 20;
const FIRST_EXAMPLES = 5;
const OUTCOMES = {
  better: { sign: '✓', name: 'plab-good' },
  level: { sign: '=', name: 'plab-level' },
  worse: { sign: '✗', name: 'plab-bad' }
};

const SPANS = ['right', 'missed', 'wrong'] as const;

/** A control beside an example, to say that its label is wrong. */
export type Relabel = (item: run.Sample) => HTMLElement | null;

/** What can be done from a report, where somebody can. `open`: a file in the run's folder. */
export interface IHooks {
  relabel?: Relabel;
  open?: (file: string) => void;
}

/** What a chosen cell of a matrix asks the examples to show; nothing chosen shows all. */
type Choice = { expected: string; answered: string } | null;

/** The blocks in their order; a matrix and the table before it stand side by side. */
export function drawBlocks(
  blocks: readonly run.Block[],
  words: Words,
  hooks: IHooks = {}
): HTMLElement[] {
  const listeners: ((choice: Choice) => void)[] = [];
  const choose = (choice: Choice) => listeners.forEach(listener => listener(choice));
  const parts: HTMLElement[] = [];
  for (const block of blocks) {
    const part = drawBlock(block, words, choose, listeners, hooks);
    const before = parts.at(-1);
    if (block.type === 'matrix' && part && before?.classList.contains('plab-block-table')) {
      parts[parts.length - 1] = make('div', 'plab-columns', before, part);
    } else if (part) {
      parts.push(part);
    }
  }
  return parts;
}

function drawBlock(
  block: run.Block,
  words: Words,
  choose: (choice: Choice) => void,
  listeners: ((choice: Choice) => void)[],
  hooks: IHooks
): HTMLElement | null {
  switch (block.type) {
    case 'verdict':
      return verdict(block, words);
    case 'metrics':
      return metrics(block, words);
    case 'advice':
      return advice(block, words);
    case 'table':
      return tableBlock(block, words);
    case 'matrix':
      return matrix(block, words, choose);
    case 'examples': {
      const { part, show } = examples(block, words, hooks);
      listeners.push(show);
      return part;
    }
    case 'histogram':
      return histogram(block, words);
    default: // a block of a later version
      return null;
  }
}

function verdict(block: run.VerdictBlock, words: Words): HTMLElement {
  const { sign, name } = OUTCOMES[block.outcome] ?? { sign: '·', name: '' };
  const mark = make('span', name, sign);
  mark.setAttribute('aria-hidden', 'true');
  const detail = block.detail && make('span', 'plab-quiet', ` ${words.text(block.detail)}`);
  const said = make('span', '', make('b', 'plab-strong', words.text(block.text)), detail);
  return make('p', 'plab-verdict', mark, said);
}

function metrics(block: run.MetricsBlock, words: Words): HTMLElement {
  const items = block.items.map(item =>
    make(
      'span',
      'plab-metric',
      `${words.metric(item.name)} `,
      make('b', '', cell(item.value, item.format)),
      item.margin !== null && ` ± ${cell(item.margin, item.format)}`,
      item.note && make('span', 'plab-quiet', ` (${words.text(item.note)})`)
    )
  );
  const figures = make('p', 'plab-line', ...items);
  return block.note
    ? make('div', '', figures, make('p', 'plab-line', words.text(block.note)))
    : figures;
}

function advice(block: run.AdviceBlock, words: Words): HTMLElement | null {
  if (block.items.length === 0) {
    return null;
  }
  const items = block.items.map(item => make('li', '', words.text(item)));
  return make(
    'div',
    '',
    make('p', 'plab-quiet', words.say('report.advice')),
    make('ul', 'plab-advice', ...items)
  );
}

function tableBlock(block: run.TableBlock, words: Words): HTMLElement {
  const shown = block.rows.slice(0, MOST_ROWS);
  const rows = shown.map(row =>
    row.map((value, column) => {
      const format = block.columns[column]?.format ?? 'text';
      if (value !== null && typeof value === 'object') {
        return named(words.text(value));
      }
      const text = cell(value, format);
      return typeof value === 'string' ? named(text) : text;
    })
  );
  const left = block.rows.length - shown.length + block.more;
  return make(
    'div',
    'plab-block-table',
    make('h4', '', words.text(block.title)),
    table(
      block.columns.map(column => words.text(column.name)),
      rows,
      '',
      block.columns.map(column => column.format === 'text')
    ),
    left > 0 && make('p', 'plab-quiet', words.say('report.more', { n: left }))
  );
}

/** A name that may be long: all of it is in its title. */
function named(text: string): HTMLElement {
  const element = make('span', 'plab-label', text);
  element.title = text;
  return element;
}

/** Rows are what was expected; a cell shows its own examples when it is chosen. */
function matrix(
  block: run.MatrixBlock,
  words: Words,
  choose: (choice: Choice) => void
): HTMLElement | null {
  const { labels, counts } = block;
  if (labels.length === 0 || labels.length > WIDEST_MATRIX || counts.length === 0) {
    return null;
  }
  let chosen: HTMLElement | null = null;
  const square = (i: number, j: number): HTMLElement => {
    const count = counts[i]?.[j] ?? 0;
    const whole = Math.max(1, (counts[i] ?? []).reduce((a, b) => a + b, 0));
    const names = i === j ? 'plab-cell plab-cell-right' : 'plab-cell';
    const still = i === j || count === 0;
    const element = make(still ? 'span' : 'button', names, written(count));
    element.style.setProperty('--share', String(count / whole));
    element.title = `${labels[i]} → ${labels[j]}: ${percent(count / whole)}`;
    if (!still) {
      element.addEventListener('click', () => {
        const again = chosen === element;
        chosen?.classList.remove('plab-chosen');
        chosen = again ? null : element;
        chosen?.classList.add('plab-chosen');
        choose(chosen ? { expected: labels[i]!, answered: labels[j]! } : null);
      });
    }
    return element;
  };
  const rows = labels.map((label, i) => [
    make('span', 'plab-label', label),
    ...labels.map((_, j) => square(i, j))
  ]);
  return make(
    'div',
    '',
    make('h4', '', words.text(block.title)),
    table([words.say('report.true'), ...labels.map(label => make('span', 'plab-label', label))], rows, 'plab-confusion')
  );
}

function examples(
  block: run.ExamplesBlock,
  words: Words,
  hooks: IHooks
): { part: HTMLElement; show: (choice: Choice) => void } {
  const title = words.text(block.title);
  const list = make('div', 'plab-mistakes');
  list.tabIndex = -1;
  list.setAttribute('role', 'group');
  list.setAttribute('aria-label', title);
  let all = false;
  const file = block.file && allOf(block.file, words, hooks);
  // Made once: what somebody writes beside an example stays there while others are chosen.
  const drawn = new Map(block.items.map(item => [item, sample(item, words, hooks.relabel)]));
  const show = (choice: Choice) => {
    const found = block.items.filter(
      item =>
        choice === null ||
        (item.expected === choice.expected && item.answered === choice.answered)
    );
    const nothing = make('p', 'plab-quiet', words.say('report.no_text'));
    const shown = all || choice ? found : found.slice(0, FIRST_EXAMPLES);
    const more =
      shown.length < found.length &&
      button(words.say('report.all', { n: found.length }), '', showAll);
    list.replaceChildren(
      ...(found.length ? shown.map(item => drawn.get(item) ?? '') : [nothing]),
      make('div', 'plab-forms', more, file)
    );
  };
  const showAll = (): void => {
    all = true;
    show(null);
    // The button has gone: the focus stays where the texts are.
    list.focus();
  };
  show(null);
  const marks = block.items.some(item => item.marks.length > 0) && legend(words);
  return { part: make('div', '', make('h4', '', title), marks, list), show };
}

/** What the ways to mark a span mean. */
function legend(words: Words): HTMLElement {
  const kinds = SPANS.map(kind =>
    make('span', `plab-span plab-span-${kind}`, words.say(`report.span.${kind}`))
  );
  return make('p', 'plab-quiet plab-legend', ...kinds);
}

/** Where the rest of the examples is. */
function allOf(file: string, words: Words, { open }: IHooks): HTMLElement {
  const path = `report/${file}`;
  const said = words.say('report.file', { file: path });
  return open ? button(said, '', () => open(path)) : make('p', 'plab-quiet', said);
}

function sample(item: run.Sample, words: Words, relabel?: Relabel): HTMLElement {
  const said =
    (item.expected !== null || item.answered !== null) &&
    words.say(item.probability === null ? 'report.answered' : 'report.mistake', {
      label: item.expected ?? '–',
      predicted: item.answered ?? '–',
      probability: percent(item.probability)
    });
  const line = item.line !== null && ` · ${words.say('report.line', { line: item.line })}`;
  const text = make('span', 'plab-text', ...marked(item, words));
  text.dir = 'auto';
  return make('div', 'plab-mistake', text, make('span', '', said, line && make('span', 'plab-quiet', line)), relabel?.(item));
}

/** The text with its spans marked; a span that overlaps an earlier one is left out. */
function marked(item: run.Sample, words: Words): (string | HTMLElement)[] {
  return segments(item.text, item.marks).map(([text, mark]) => {
    if (!mark) {
      return text;
    }
    const label = mark.label !== '' && make('sub', '', mark.label);
    const span = make('span', `plab-span plab-span-${mark.kind}`, text, label);
    span.title = `${words.say(`report.span.${mark.kind}`)} ${mark.label}`.trim();
    return span;
  });
}

function histogram(block: run.HistogramBlock, words: Words): HTMLElement {
  const most = Math.max(1, ...block.counts);
  const rows = block.counts.map((count, i) => {
    const bar = make('span', 'plab-count');
    bar.style.setProperty('--share', String(count / most));
    const range = `${edge(block.edges[i])} – ${edge(block.edges[i + 1])}`;
    return [range, written(count), bar];
  });
  const line =
    block.line !== null &&
    make('p', 'plab-quiet', `${block.line_name ? words.text(block.line_name) : ''}: ${block.line}`);
  return make(
    'div',
    '',
    make('h4', '', words.text(block.title)),
    table([words.say('report.range'), words.say('report.rows'), ''], rows, 'plab-histogram'),
    line
  );
}

/** An edge without digits that mean nothing; counts are whole. */
function edge(value: number | undefined): string {
  if (value === undefined) {
    return '';
  }
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
}
