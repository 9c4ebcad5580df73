// The evaluation report of a run: its blocks in their order, under what is known of the export.

import { drawBlocks, type IHooks } from './blocks';
import { type Child, make } from './dom';
import type { Words } from './i18n';
import { amount, number } from './numbers';
import type { Snapshot } from './state';

export function reportPanel(snapshot: Snapshot, words: Words, hooks?: IHooks): Node[] {
  const { report } = snapshot;
  const proof = exportLine(snapshot, words);
  if (!report) {
    const nothing = make('p', 'plab-quiet', words.say('report.none'));
    return proof ? [proof, nothing] : [nothing];
  }
  const title = words.say('report.title', { split: report.split, rows: report.rows });
  const drawn = drawBlocks(report.blocks, words, hooks);
  return [
    make('p', 'plab-line', make('span', 'plab-strong', title)),
    ...drawn.slice(0, 1),
    ...(proof ? [proof] : []),
    ...drawn.slice(1)
  ];
}

/** What is known of the exported model, as one line; null before there is one. */
export function exportLine(snapshot: Snapshot, words: Words): HTMLElement | null {
  const item = snapshot.export;
  if (!item) {
    return null;
  }
  if (!item.ok) {
    if (snapshot.no_bundle === false) {
      return verdict(false, words.say('export.later'));
    }
    const again = words.say('export.again', { id: snapshot.run_id });
    return verdict(false, `${words.say('export.failed')} ${again}`);
  }
  const latency = Object.entries(item.latency_ms ?? {})
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
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

function verdict(good: boolean, said: string, more?: Child): HTMLElement {
  const mark = make('span', good ? 'plab-good' : 'plab-bad', good ? '✓' : '✗');
  mark.setAttribute('aria-hidden', 'true');
  return make('p', 'plab-verdict', mark, make('span', '', said, more));
}
