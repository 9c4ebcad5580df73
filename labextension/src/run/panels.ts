// What stands under the curve: metrics, report, log, command.

import type { IHooks } from './blocks';
import { coverageMark, metricOf } from './curve';
import { button, make, table } from './dom';
import type { Key, Words } from './i18n';
import type { Logs } from './logs';
import { inOrder } from './names';
import { count, figure } from './numbers';
import { exportLine, reportPanel } from './report';
import type { Snapshot } from './state';

export const TABS = ['metrics', 'report', 'log', 'command'] as const;
export type Tab = (typeof TABS)[number];

type Form = keyof Snapshot['commands'];
const FORMS: readonly Form[] = ['magic', 'python', 'yaml', 'cli'];
const COPIED_MS = 1500;

/** The content of a tab. */
export function panel(tab: Tab, snapshot: Snapshot, words: Words, hooks?: IHooks, logs?: Logs): Node[] {
  switch (tab) {
    case 'metrics':
      return metricsPanel(snapshot, words);
    case 'report':
      return reportPanel(snapshot, words, hooks);
    case 'log':
      return logPanel(snapshot, words, logs);
    case 'command':
      return commandPanel(snapshot, words);
  }
}

/** What a tab's content depends on; while it is the same, the panel stays as it is. */
export function panelKey(tab: Tab, snapshot: Snapshot, logs?: Logs): string {
  switch (tab) {
    case 'metrics':
      return [
        snapshot.evals.length,
        snapshot.notices.at(-1)?.seq,
        snapshot.export?.seq,
        snapshot.no_bundle,
        snapshot.passed_over
      ].join();
    case 'report':
      return [snapshot.report !== null, snapshot.export?.seq, snapshot.no_bundle, snapshot.end?.seq].join();
    case 'log':
      return [logs?.names, logs?.chosen, ...endOf(linesOf(snapshot, logs))].join();
    case 'command':
      return snapshot.run_id;
  }
}

function metricsPanel(snapshot: Snapshot, words: Words): Node[] {
  const { evals, notices } = snapshot;
  const names = inOrder(evals.flatMap(item => Object.keys(item.metrics)), metricOf(snapshot));
  const rows = evals.map(item => [
    make('span', '', count(item.step), item.best && make('span', 'plab-best', '★')),
    ...names.map(name => figure(name, item.metrics[name]))
  ]);
  const lacking = coverageMark(evals.at(-1), words).trim();
  const content: (Node | null)[] = [
    rows.length > 0
      ? table([words.say('number.step'), ...names.map(name => words.metric(name))], rows, 'plab-evals')
      : make('p', 'plab-quiet', words.say('eval.none')),
    lacking ? make('p', 'plab-quiet', lacking) : null,
    snapshot.report ? null : exportLine(snapshot, words)
  ];
  if (snapshot.passed_over) {
    content.push(make('p', 'plab-quiet', words.say('events.passed_over', { n: snapshot.passed_over })));
  }
  if (notices.length > 0) {
    const items = notices.map(item => make('li', `plab-${item.level}`, words.text(item.text)));
    content.push(make('ul', 'plab-notices', ...items));
  }
  return content.filter((node): node is Node => node !== null);
}

function linesOf(snapshot: Snapshot, logs?: Logs): readonly string[] {
  return logs?.chosen ? logs.lines : snapshot.log;
}

function endOf(lines: readonly string[]): unknown[] {
  return [lines.length, lines.at(-1)];
}

function logPanel(snapshot: Snapshot, words: Words, logs?: Logs): Node[] {
  const lines = linesOf(snapshot, logs);
  const log = lines.length
    ? make('pre', 'plab-log', lines.join('\n'))
    : make('p', 'plab-quiet', words.say('log.none'));
  if (lines.length) {
    log.tabIndex = 0;
  }
  return logs?.names.length ? [logChoice(logs, words), log] : [log];
}

/** Chooses whose log is shown. The same one again as long as the names are the same. */
function logChoice(logs: Logs, words: Words): HTMLElement {
  if (!logs.control) {
    const select = make('select', 'plab-field');
    for (const name of ['', ...logs.names]) {
      const [kind, n] = name ? name.split('-') : ['rank', '0'];
      select.add(new Option(words.say(`log.${kind}` as Key, { n: n ?? '' }), name));
    }
    select.value = logs.chosen;
    select.onchange = () => logs.choose(select.value);
    logs.control = make('label', 'plab-log-of', `${words.say('log.of')} `, select);
  }
  return logs.control;
}

function commandPanel(snapshot: Snapshot, words: Words): Node[] {
  const shown = make('pre', 'plab-command');
  shown.tabIndex = 0;
  const copy = button(words.say('do.copy'), 'plab-copy', () => {
    void copyText(shown).then(() => {
      copy.textContent = words.say('do.copied');
      setTimeout(() => (copy.textContent = words.say('do.copy')), COPIED_MS);
    });
  });
  const choices = FORMS.map(form =>
    button(words.say(`command.${form}` as Key), 'plab-form', () => choose(form))
  );
  const choose = (form: Form) => {
    shown.textContent = snapshot.commands[form];
    choices.forEach((choice, index) =>
      choice.setAttribute('aria-pressed', String(FORMS[index] === form))
    );
  };
  choose('magic');
  const folder = make(
    'p',
    'plab-quiet plab-folder',
    `${words.say('card.folder')} `,
    make('code', '', snapshot.folder)
  );
  return [make('div', 'plab-forms', ...choices, copy), shown, folder];
}

/** Copy by the clipboard, or select the text where a page may not use it (plain HTTP). */
async function copyText(element: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? '');
  } catch {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
  }
}
