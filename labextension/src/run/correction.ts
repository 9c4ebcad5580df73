// How a person says what is right: one of the labels, several, a number, spans, a piece of a text.

import { button, make } from './dom';
import type { Words } from './i18n';
import { letters, place } from './segments';
import type { Control, Given } from './trialMessages';

const MOST_IN_A_LIST = 60;

export type Right = { value: unknown } | { wrong: string };

/** The elements, and what they say now. */
export interface IEditor {
  elements: HTMLElement[];
  read: () => Right;
  focus: () => void;
}

type Span = [start: number, end: number, label: string];

/** The editor of a control; `right` is what it begins with, in the control's own form. */
export function editor(control: Control, given: Given, right: unknown, words: Words): IEditor {
  switch (control.kind) {
    case 'label':
      return oneLabel(control, words);
    case 'labels':
      return severalLabels(control, right);
    case 'number':
      return aNumber(right, words);
    case 'spans':
      return spans(control, given, right, words);
    case 'piece':
      return piece(control, given, right, words);
  }
}

let lists = 0;

/** Nothing is chosen at first: the label that was answered is the one that is wrong. */
function oneLabel(control: Control, words: Words): IEditor {
  const named = words.say('trial.right');
  let field: HTMLSelectElement | HTMLInputElement;
  const elements: HTMLElement[] = [];
  if (control.choices.length <= MOST_IN_A_LIST) {
    field = select(control.choices, words.say('trial.choose'));
  } else {
    const list = make('datalist', '', ...control.choices.map(label => new Option(label, label)));
    list.id = `plab-labels-${++lists}`;
    field = make('input', 'plab-field');
    field.setAttribute('list', list.id);
    field.placeholder = words.say('trial.choose');
    elements.push(list);
  }
  field.setAttribute('aria-label', named);
  return {
    elements: [field, ...elements],
    read: () =>
      control.choices.includes(field.value)
        ? { value: field.value }
        : { wrong: words.say('trial.no_choice') },
    focus: () => field.focus()
  };
}

function severalLabels(control: Control, right: unknown): IEditor {
  const held = Array.isArray(right) ? right : [];
  const boxes = control.choices.map(label => {
    const box = make('input', '');
    box.type = 'checkbox';
    box.checked = held.includes(label);
    return box;
  });
  const rows = boxes.map((box, index) =>
    make('label', 'plab-choice', box, make('span', 'plab-label', control.choices[index]))
  );
  return {
    elements: [make('div', 'plab-choices', ...rows)],
    read: () => ({ value: control.choices.filter((_, index) => boxes[index]!.checked) }),
    focus: () => boxes[0]?.focus()
  };
}

function aNumber(right: unknown, words: Words): IEditor {
  const field = make('input', 'plab-field plab-number');
  field.type = 'number';
  field.step = 'any';
  field.value = typeof right === 'number' ? String(right) : '';
  field.setAttribute('aria-label', words.say('trial.right'));
  return {
    elements: [field],
    read: () =>
      field.value === '' || !Number.isFinite(field.valueAsNumber)
        ? { wrong: words.say('trial.no_number') }
        : { value: field.valueAsNumber },
    focus: () => field.focus()
  };
}

function spans(control: Control, given: Given, right: unknown, words: Words): IEditor {
  const text = given[control.of] ?? '';
  let found: Span[] = Array.isArray(right) ? structuredClone(right as Span[]) : [];
  const list = make('ul', 'plab-spans');
  const added = make('input', 'plab-field');
  added.placeholder = words.say('trial.span.text');
  added.setAttribute('aria-label', words.say('trial.span.text'));
  const type = select(control.choices);
  type.setAttribute('aria-label', words.say('trial.span.type'));
  const trouble = make('span', 'plab-bad');
  trouble.setAttribute('role', 'alert');
  const draw = () => {
    found.sort((a, b) => a[0] - b[0]);
    list.replaceChildren(...found.map(row));
    list.hidden = found.length === 0;
  };
  const row = (span: Span): HTMLElement => {
    const said = letters(text).slice(span[0], span[1]).join('');
    const kind = select(control.choices);
    kind.value = span[2];
    kind.setAttribute('aria-label', words.say('trial.span.type_of', { text: said }));
    kind.addEventListener('change', () => (span[2] = kind.value));
    const remove = button(words.say('trial.span.remove'), '', () => {
      found = found.filter(other => other !== span);
      draw();
      added.focus();
    });
    remove.setAttribute('aria-label', words.say('trial.span.remove_of', { text: said }));
    return make('li', '', make('span', 'plab-label', said), kind, remove);
  };
  const add = () => {
    const where = free(text, added.value, found);
    trouble.textContent = where ? '' : words.say('trial.not_in_text');
    if (where) {
      found.push([where.start, where.end, type.value]);
      added.value = '';
      draw();
    }
    added.focus();
  };
  added.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      add();
    }
  });
  draw();
  const more = button(words.say('trial.span.add'), '', add);
  return {
    elements: [list, make('div', 'plab-row', added, type, more, trouble)],
    read: () => ({ value: found }),
    focus: () => added.focus()
  };
}

/** Where `part` first stands outside of the spans that there are. */
export function free(text: string, part: string, taken: readonly Span[]): { start: number; end: number } | null {
  const all = letters(text);
  const length = letters(part).length;
  for (let start = 0; length > 0 && start + length <= all.length; start++) {
    const end = start + length;
    const overlaps = taken.some(span => span[0] < end && start < span[1]);
    if (!overlaps && all.slice(start, end).join('') === part) {
      return { start, end };
    }
  }
  return null;
}

function piece(control: Control, given: Given, right: unknown, words: Words): IEditor {
  const before = right as { text: string; start: number } | null;
  const field = make('input', 'plab-field plab-wide');
  field.value = before?.text ?? '';
  field.setAttribute('aria-label', words.say('trial.right'));
  const none = make('input', '');
  none.type = 'checkbox';
  none.checked = before === null;
  const follow = () => (field.disabled = none.checked);
  none.addEventListener('change', follow);
  follow();
  return {
    elements: [field, make('label', 'plab-choice', none, words.say('trial.no_answer'))],
    read: () => {
      if (none.checked) {
        return { value: null };
      }
      const text = field.value.trim();
      const where = place(given[control.of] ?? '', text, before?.text === text ? before.start : null);
      return where
        ? { value: { text, start: where.start } }
        : { wrong: words.say('trial.not_in_text') };
    },
    focus: () => (none.checked ? none : field).focus()
  };
}

function select(choices: readonly string[], none?: string): HTMLSelectElement {
  const field = make('select', 'plab-field');
  if (none !== undefined) {
    field.append(new Option(none, ''));
  }
  field.append(...choices.map(choice => new Option(choice, choice)));
  return field;
}
