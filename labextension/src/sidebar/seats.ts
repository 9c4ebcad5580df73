/** Where the rows of runs stand. A row keeps its seat: what is aimed at is what is hit. Pure functions. */

/** What of a run decides on its seat. */
export interface ISeated {
  id: string;
  live: boolean;
  created: number;
}

/** `at` in units from the top; a large row takes two units, a small one takes one. */
export interface ISeat {
  id: string;
  at: number;
  large: boolean;
}

/** Units that are always there, so that nothing below moves when a run begins. */
export const UNITS = 4;

/**
 * The seats after a change, given those `before` it. A run that begins has two units: free ones, or else those of
 * a run that has ended, which takes the unit of the oldest small row, or else those of the oldest small rows. Where
 * all live, it stands below. While the list is `held` (somebody points at it), nothing in it is taken from a run.
 */
export function seatsFor(before: readonly ISeat[], runs: readonly ISeated[], held: boolean): ISeat[] {
  const known = new Map(runs.map(run => [run.id, run]));
  const seats = before.filter(({ id, large }) => known.has(id) && (large || held || !known.get(id)?.live));
  const newest = [...runs].sort((a, b) => b.created - a.created);
  const displaced = newest
    .filter(run => run.live && !seats.some(seat => seat.id === run.id))
    .map(run => seatLive(run, seats, known, held));
  if (!seats.length && newest[0]) {
    // The curve of the last run, until another begins.
    seats.push({ id: newest[0].id, at: 0, large: true });
  }
  for (const run of [...displaced.filter(run => run !== null), ...newest]) {
    if (!run.live && !seats.some(seat => seat.id === run.id)) {
      seatPast(run, seats, known, held);
    }
  }
  return seats.sort((a, b) => a.at - b.at);
}

/** One more than the last unit that is taken, and all that are always there. */
export function unitsOf(seats: readonly ISeat[]): number {
  return Math.max(UNITS, ...seats.map(endOf));
}

/** Give a live run its two units; the run that had them and shall have others, if there is one. */
function seatLive(run: ISeated, seats: ISeat[], known: Map<string, ISeated>, held: boolean): ISeated | null {
  const all = unitsOf(seats);
  const pairs = Array.from({ length: Math.ceil(all / 2) }, (_, index) => 2 * index);
  const there = (at: number): ISeat[] => seats.filter(seat => seat.at < at + 2 && endOf(seat) > at);
  const ended = (at: number): boolean => there(at).every(({ id }) => !known.get(id)?.live);
  const age = (at: number): number => Math.max(0, ...there(at).map(({ id }) => known.get(id)?.created ?? 0));
  const free = pairs.find(at => !there(at).length);
  const wasLarge = pairs.find(at => ended(at) && there(at)[0]?.large);
  const oldest = pairs.filter(ended).sort((a, b) => age(a) - age(b))[0];
  const at = free ?? (held ? undefined : wasLarge ?? oldest) ?? 2 * pairs.length;
  const gone = there(at);
  seats.splice(0, seats.length, ...seats.filter(seat => !gone.includes(seat)), { id: run.id, at, large: true });
  return (gone[0]?.large && known.get(gone[0].id)) || null;
}

/** Give a run that has ended one unit: a free one, or that of a run older than it. */
function seatPast(run: ISeated, seats: ISeat[], known: Map<string, ISeated>, held: boolean): void {
  for (let at = 0; at < UNITS; at++) {
    if (!seats.some(seat => seat.at <= at && endOf(seat) > at)) {
      seats.push({ id: run.id, at, large: false });
      return;
    }
  }
  const age = (seat: ISeat): number => known.get(seat.id)?.created ?? 0;
  const oldest = seats.filter(seat => !seat.large && !known.get(seat.id)?.live).sort((a, b) => age(a) - age(b))[0];
  if (oldest && !held && age(oldest) < run.created) {
    seats.splice(seats.indexOf(oldest), 1, { ...oldest, id: run.id });
  }
}

function endOf({ at, large }: ISeat): number {
  return at + (large ? 2 : 1);
}
