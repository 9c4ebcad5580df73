// How large the tiles are: as large as all of them fit, within what can be read and what is useful.

/** Width and height of a tile, and the gap, in its own letters (em). */
const WIDE = 14.5;
const HIGH = 9.8;
const GAP = 0.5;
const SMALLEST_PX = 9;
const LARGEST_PX = 36;

export interface IFit {
  columns: number;
  /** The size of the letters in pixels, from which all of a tile follows. */
  letter: number;
}

/** Columns and letters for so many tiles on so many pixels. Below the smallest letters it scrolls. */
export function fitOf(count: number, width: number, height: number): IFit {
  let best: IFit = { columns: 1, letter: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const letter = Math.min(width / columns / (WIDE + GAP), height / rows / (HIGH + GAP));
    if (letter > best.letter) {
      best = { columns, letter };
    }
  }
  if (best.letter < SMALLEST_PX) {
    return { columns: Math.max(1, Math.floor(width / SMALLEST_PX / (WIDE + GAP))), letter: SMALLEST_PX };
  }
  return { ...best, letter: Math.min(best.letter, LARGEST_PX) };
}
