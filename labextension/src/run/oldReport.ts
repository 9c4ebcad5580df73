// Reports of version 1, as old notebooks hold them, brought into today's form.
// paddle_lab/runs/report_form.py does the same for run folders.

import type * as run from './schema';

type Fields = Record<string, unknown>;

const text = (en: string, zh: string): run.Text => ({ en, zh });
const TITLES = {
  classes: text('Classes', '各类别'),
  matrix: text('Confusion (rows: true, columns: predicted)', '混淆矩阵（行：真实，列：预测）'),
  mistakes: text('Worst mistakes', '最严重的错误')
};
const COLUMNS: [string, run.Text, run.Format][] = [
  ['label', text('label', '标签'), 'text'],
  ['precision', text('precision', '精确率'), 'number'],
  ['recall', text('recall', '召回率'), 'number'],
  ['f1', text('F1', 'F1'), 'number'],
  ['rows', text('rows', '条数'), 'count']
];

/** The report in today's form, or null when it is none. */
export function currentReport(data: unknown): run.Report | null {
  if (!isObject(data) || !isObject(data.metrics)) {
    return null;
  }
  if (data.version === 2) {
    return Array.isArray(data.blocks) && data.blocks.every(isBlock)
      ? (data as unknown as run.Report)
      : null;
  }
  const lists = ['classes', 'confusion', 'labels', 'mistakes', 'advice'];
  if (data.version !== undefined || !lists.every(name => Array.isArray(data[name]))) {
    return null;
  }
  const { split, rows, metrics } = data as unknown as run.Report;
  return { version: 2, split, rows, metrics, blocks: blocksOf(data, metrics) };
}

function blocksOf(data: Fields, metrics: run.Report['metrics']): run.Block[] {
  const classes = (data.classes as unknown[]).filter(isObject);
  const blocks: run.Block[] = isObject(data.baseline) ? [verdict(data.baseline, metrics)] : [];
  blocks.push({
    type: 'metrics',
    items: Object.entries(metrics).map(([name, value]) => ({
      name,
      value,
      format: 'number',
      margin: null
    }))
  });
  const advice = data.advice as run.Text[];
  if (advice.length > 0) {
    blocks.push({ type: 'advice', items: advice });
  }
  const total = typeof data.classes_total === 'number' ? data.classes_total : 0;
  blocks.push({
    type: 'table',
    title: TITLES.classes,
    columns: COLUMNS.map(([, name, format]) => ({ name, format })),
    rows: classes.map(item => COLUMNS.map(([key]) => item[key] as run.Cell)),
    more: Math.max(0, total - classes.length)
  });
  const labels = data.labels as string[];
  if (labels.length > 0) {
    const counts = data.confusion as number[][];
    blocks.push({ type: 'matrix', title: TITLES.matrix, labels, counts });
  }
  const items = (data.mistakes as unknown[]).filter(isObject).map(sample);
  if (items.length > 0) {
    blocks.push({ type: 'examples', title: TITLES.mistakes, items });
  }
  return blocks;
}

/** Version 1 knew only whether the baseline was beaten; a tie and a loss were one. */
function verdict(baseline: Fields, metrics: run.Report['metrics']): run.VerdictBlock {
  const share = (value: unknown) => (100 * Number(value)).toFixed(1);
  const [own, other] = [share(metrics.accuracy), share(baseline.accuracy)];
  const name = String(baseline.name);
  const beaten = baseline.beaten === true;
  return {
    type: 'verdict',
    outcome: beaten ? 'better' : 'level',
    text: text(
      `${beaten ? 'Better' : 'Not better'} than the baseline ${name}: accuracy ${own}% against ${other}%.`,
      `${beaten ? '优于' : '未超过'}基线 ${name}：准确率 ${own}% 对 ${other}%。`
    )
  };
}

function sample(item: Fields): run.Sample {
  return {
    text: String(item.text),
    expected: String(item.label),
    answered: String(item.predicted),
    probability: typeof item.probability === 'number' ? item.probability : null,
    line: typeof item.line === 'number' ? item.line : null,
    marks: []
  };
}

function isBlock(data: unknown): boolean {
  if (!isObject(data)) {
    return false;
  }
  const lists = { metrics: ['items'], advice: ['items'], examples: ['items'] } as Record<
    string,
    string[]
  >;
  const needed = {
    ...lists,
    table: ['columns', 'rows'],
    matrix: ['labels', 'counts'],
    histogram: ['edges', 'counts']
  };
  const names = needed[data.type as keyof typeof needed] ?? [];
  return (
    names.every(name => Array.isArray(data[name])) &&
    (data.type !== 'examples' ||
      (data.items as unknown[]).every(
        item => isObject(item) && typeof item.text === 'string' && Array.isArray(item.marks)
      ))
  );
}

function isObject(data: unknown): data is Fields {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
