/** The past of one GPU as the sparkline draws it: the server's points, and those that came since. */

import type * as wire from './messages';

export interface IPoints {
  busy: (number | null)[];
  used: (number | null)[];
}

/** Keeps a fixed number of equal steps; a new step pushes the oldest out. */
export class Series {
  constructor(history: wire.History, track: string) {
    const found: wire.Track | undefined = history.tracks[track];
    this._step = history.step;
    this._end = history.end;
    const length = Object.values(history.tracks)[0]?.busy.length ?? 180;
    this.points = {
      busy: found ? [...found.busy] : new Array<null>(length).fill(null),
      used: found ? [...found.used] : new Array<null>(length).fill(null)
    };
  }

  readonly points: IPoints;

  /** Take a value at `t` (seconds): the mean of `busy` and the highest of `used` in each step. */
  add(t: number, busy: number | null, used: number | null): void {
    const step = Math.floor(t / this._step) * this._step;
    for (let missed = Math.min((step - this._end) / this._step, this.points.busy.length); missed > 0; missed--) {
      this._push(null, null);
      this._sum = 0;
      this._count = 0;
    }
    this._end = Math.max(this._end, step);
    const last = this.points.busy.length - 1;
    if (busy !== null) {
      this._sum += busy;
      this._count += 1;
      this.points.busy[last] = Math.round(this._sum / this._count);
    }
    if (used !== null) {
      this.points.used[last] = Math.max(this.points.used[last] ?? 0, used);
    }
  }

  private _push(busy: number | null, used: number | null): void {
    this.points.busy.shift();
    this.points.busy.push(busy);
    this.points.used.shift();
    this.points.used.push(used);
  }

  private _step: number;
  private _end: number;
  private _sum = 0;
  private _count = 0;
}

/** How many of the newest points are worth showing: 1, 5 or 15 minutes of a quarter of an hour. */
export function shownPoints(values: (number | null)[]): number {
  const first = values.findIndex(value => value !== null);
  const known = first < 0 ? 0 : values.length - first;
  const choices = [values.length / 15, values.length / 3].map(Math.round);
  return choices.find(points => known <= points) ?? values.length;
}

/** Where a point lies and how high, for a path; gaps end a stroke. */
export function strokes(values: (number | null)[], highest: number, width: number, height: number): string[] {
  const found: string[] = [];
  let current: [x: number, y: number][] = [];
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const end = (): void => {
    const [only] = current;
    if (current.length === 1 && only) {
      // One point alone would not be seen: a line as wide as its time.
      const [x, y] = only;
      current = [
        [Math.max(0, x - step / 2), y],
        [Math.min(width, x + step / 2), y]
      ];
    }
    if (current.length) {
      found.push(current.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '));
    }
    current = [];
  };
  values.forEach((value, index) => {
    if (value === null) {
      end();
    } else {
      current.push([index * step, height - (Math.min(value, highest) / (highest || 1)) * height]);
    }
  });
  end();
  return found;
}

/** The strokes as closed areas down to the base line. */
export function areas(lines: string[], height: number): string[] {
  return lines.map(line => {
    const points = line.split(' ');
    const first = points[0]?.split(',')[0] ?? '0';
    const last = points[points.length - 1]?.split(',')[0] ?? '0';
    return `${first},${height} ${line} ${last},${height}`;
  });
}
