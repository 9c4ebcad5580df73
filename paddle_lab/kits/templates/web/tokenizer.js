// Texts as tokens, by two tables that were made of the model's own tokenizer.

import { linesOf } from './settings.js';

const ITSELF = '=';
const BREAK = '|';

export class Tokenizer {
  constructor(settings, characters, vocabulary) {
    this.settings = settings;
    // Lines of "first last result...", in hexadecimal.
    this.rules = linesOf(characters).map(line => {
      const [first, last, ...results] = line.split(' ');
      const result = results.map(part =>
        part === ITSELF || part === BREAK ? part : String.fromCodePoint(parseInt(part, 16))
      );
      return { first: parseInt(first, 16), last: parseInt(last, 16), result };
    });
    // Lines of "id piece".
    this.pieces = new Map(
      linesOf(vocabulary).map(line => {
        const gap = line.indexOf(' ');
        return [line.slice(gap + 1), Number(line.slice(0, gap))];
      })
    );
  }

  // What the model reads of one text, or of two: ids and types, and whether something was cut.
  row(first, second) {
    const { settings } = this;
    const special = settings.place.filter(place => isSpecial(place)).length;
    const texts = [this.tokens(first), settings.pair ? this.tokens(second) : []];
    const [one, two] = cut(texts[0], texts[1], settings.max_len - special);
    const isUnknown = tokens => tokens.every(id => id === settings.unknown);
    const ids = [];
    const types = [];
    for (const place of settings.place) {
      const found = isSpecial(place) ? [Number(place.what)] : place.what === 'first' ? one : two;
      for (const id of found) {
        ids.push(id);
        types.push(place.type);
      }
    }
    return {
      ids,
      types,
      truncated: one.length + two.length < texts[0].length + texts[1].length,
      empty: isUnknown(one) || (Boolean(settings.pair) && isUnknown(two))
    };
  }

  tokens(text) {
    const found = [];
    let word = [];
    // Half of a pair of code units is no character: it becomes the sign for that.
    for (const unit of text) {
      const character = /[\ud800-\udfff]/.test(unit) && unit.length === 1 ? '\ufffd' : unit;
      for (const result of this.resultOf(character)) {
        if (result !== BREAK) {
          word.push(result === ITSELF ? character : result);
        } else {
          this.addWord(word, found);
          word = [];
        }
      }
    }
    this.addWord(word, found);
    return found;
  }

  // The longest piece that there is, then the longest that goes on from there, to the word's end.
  addWord(word, to) {
    const { settings, pieces } = this;
    if (word.length > settings.longest_word) {
      to.push(settings.unknown);
      return;
    }
    const found = [];
    for (let begin = 0; begin < word.length; ) {
      const prefix = begin === 0 ? '' : settings.prefix;
      let end = word.length;
      let id;
      while (end > begin && id === undefined) {
        id = pieces.get(prefix + word.slice(begin, end).join(''));
        end -= id === undefined ? 1 : 0;
      }
      if (id === undefined) {
        to.push(settings.unknown);
        return;
      }
      found.push(id);
      begin = end;
    }
    to.push(...found);
  }

  // The rule of the last range that begins before the character or with it.
  resultOf(character) {
    const code = character.codePointAt(0);
    let low = 0;
    let high = this.rules.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rules[middle].first <= code) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const rule = this.rules[low - 1];
    return rule === undefined || rule.last < code ? [ITSELF] : rule.result;
  }
}

function isSpecial(place) {
  return place.what !== 'first' && place.what !== 'second';
}

// Two texts cut to `room` tokens together, the longer one first.
function cut(first, second, room) {
  if (first.length + second.length <= room) {
    return [first, second];
  }
  let less = Math.min(first.length, second.length);
  let more = Math.max(less, room - Math.min(room, less));
  if (less + more > room) {
    less = Math.floor(room / 2);
    more = less + (room % 2);
  }
  const firstIsLonger = first.length > second.length;
  return [first.slice(0, firstIsLonger ? more : less), second.slice(0, firstIsLonger ? less : more)];
}
