// Texts and their parts, counted in characters as Python counts them: a pair of surrogates is one.

export interface ISpan {
  start: number;
  end: number;
}

/** The characters of a text. */
export function letters(text: string): string[] {
  return [...text];
}

/** The text in pieces, each with its mark or none; of marks that overlap the first is taken. */
export function segments<M extends ISpan>(text: string, marks: readonly M[]): [string, M | null][] {
  const all = letters(text);
  const found: [string, M | null][] = [];
  let done = 0;
  for (const mark of [...marks].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (mark.start < done || mark.end > all.length || mark.end <= mark.start) {
      continue;
    }
    if (mark.start > done) {
      found.push([all.slice(done, mark.start).join(''), null]);
    }
    found.push([all.slice(mark.start, mark.end).join(''), mark]);
    done = mark.end;
  }
  if (done < all.length) {
    found.push([all.slice(done).join(''), null]);
  }
  return found;
}

/** Where `part` stands in `text`: at `near` if it does, else where it stands first; null: nowhere. */
export function place(text: string, part: string, near: number | null = null): ISpan | null {
  const length = letters(part).length;
  if (near !== null && letters(text).slice(near, near + length).join('') === part) {
    return { start: near, end: near + length };
  }
  const found = part === '' ? -1 : text.indexOf(part);
  if (found < 0) {
    return null;
  }
  const start = letters(text.slice(0, found)).length;
  return { start, end: start + length };
}

/** The heaviest pieces, those for the answer and those against it, in the order of the text. */
export function deciding<P extends ISpan & { weight: number }>(
  pieces: readonly P[],
  most: number
): P[] {
  const heaviest = Math.max(0, ...pieces.map(piece => Math.abs(piece.weight)));
  const least = Math.max(0.02, heaviest / 4);
  const found = pieces.filter(piece => Math.abs(piece.weight) >= least);
  const chosen = new Set(
    [...found].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, most)
  );
  return pieces.filter(piece => chosen.has(piece));
}
