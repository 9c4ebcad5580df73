// An answer in the box: what it is, how probable the others are, what is marked, what decided.

import { make } from './dom';
import type { Words } from './i18n';
import { deciding, letters, segments } from './segments';
import type { Answered, Bar, Explained, Given, Piece, Role, SpanMark } from './trialMessages';

const MOST_NAMED = 5;
const MOST_SHOWN = 2000;

/** The answer itself with its bars and marked texts. */
export function answerParts(reply: Answered, given: Given, roles: readonly Role[], words: Words): HTMLElement[] {
  const said = make('p', 'plab-said', make('span', 'plab-strong plab-text', words.text(reply.said)));
  const notes = reply.notes.map(note => make('p', 'plab-warn', words.text(note)));
  const bars = reply.bars.length > 0 && make('ul', 'plab-bars', ...reply.bars.map(bar));
  const texts = roles
    .filter(role => reply.marks.some(mark => mark.role === role.name))
    .map(role => marked(role, given, reply.marks));
  return [said, ...notes, bars, ...texts].filter((part): part is HTMLElement => Boolean(part));
}

/** One line for a screen reader. */
export function answerLine(reply: Answered, words: Words): string {
  const figure = reply.bars.find(item => item.chosen)?.value;
  const notes = reply.notes.map(note => words.text(note));
  return [words.text(reply.said), figure, ...notes].filter(Boolean).join(', ');
}

function bar(item: Bar): HTMLElement {
  const drawn = make('span', 'plab-share');
  drawn.style.setProperty('--share', String(Math.min(1, Math.max(0, item.share))));
  drawn.setAttribute('aria-hidden', 'true');
  const name = make('span', 'plab-label', item.name);
  name.title = item.name;
  return make('li', item.chosen ? 'plab-chosen-bar' : '', name, make('span', 'plab-value', item.value), drawn);
}

function marked(role: Role, given: Given, marks: readonly SpanMark[]): HTMLElement {
  const own = marks.filter(mark => mark.role === role.name);
  const parts = segments(given[role.name] ?? '', own).map(([text, mark]) =>
    mark ? make('mark', 'plab-span', text, mark.label !== '' && make('sub', '', mark.label)) : text
  );
  return scrolling(make('p', 'plab-text plab-scroll', ...parts));
}

/** Which characters decided: named in words, and tinted in their text. */
export function whyParts(reply: Explained, given: Given, roles: readonly Role[], words: Words): HTMLElement[] {
  const method = make('p', 'plab-quiet plab-method', words.text(reply.method));
  if (reply.pieces.length === 0) {
    return [method];
  }
  const heavy = deciding(reply.pieces, MOST_NAMED);
  const named = make('p', 'plab-why', whyLine(reply, given, words));
  const texts = roles
    .filter(role => heavy.some(piece => piece.role === role.name))
    .map(role => tinted(role, given, reply.pieces));
  return [named, ...texts, method];
}

/** The same in one line. */
export function whyLine(reply: Explained, given: Given, words: Words): string {
  const heavy = deciding(reply.pieces, MOST_NAMED).sort((a, b) => b.weight - a.weight);
  if (reply.pieces.length === 0) {
    return words.text(reply.method);
  }
  if (heavy.length === 0) {
    return words.say('trial.why.nothing');
  }
  const list = heavy.map(piece => `“${wording(piece, given)}” ${lost(piece.weight)}`).join(words.say('trial.comma'));
  return words.say('trial.why', { pieces: list });
}

/** What the answer loses without it: −0.62; what speaks against it has a plus. */
function lost(weight: number): string {
  return `${weight > 0 ? '−' : '+'}${Math.abs(weight).toFixed(2)}`;
}

function wording(piece: Piece, given: Given): string {
  return letters(given[piece.role] ?? '')
    .slice(piece.start, piece.end)
    .join('')
    .replace(/\s+/g, ' ');
}

function tinted(role: Role, given: Given, pieces: readonly Piece[]): HTMLElement {
  const own = pieces.filter(piece => piece.role === role.name);
  const most = Math.max(0.02, ...pieces.map(piece => Math.abs(piece.weight)));
  const all = letters(given[role.name] ?? '');
  const text = all.slice(0, MOST_SHOWN).join('') + (all.length > MOST_SHOWN ? '…' : '');
  const parts = segments(text, own).map(([part, piece]) => {
    const share = piece ? Math.abs(piece.weight) / most : 0;
    if (!piece || share < 0.1) {
      return part;
    }
    const element = make('span', piece.weight > 0 ? 'plab-for' : 'plab-against', part);
    element.style.setProperty('--share', share.toFixed(2));
    element.title = lost(piece.weight);
    return element;
  });
  return scrolling(make('p', 'plab-text plab-scroll', ...parts));
}

/** A text that may be long: it scrolls, also by the keyboard. */
function scrolling(element: HTMLElement): HTMLElement {
  element.dir = 'auto';
  if ((element.textContent ?? '').length > 400) {
    element.tabIndex = 0;
  }
  return element;
}
