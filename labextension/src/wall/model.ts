// What the wall shows, as the server told it.

import type * as wire from './messages';

export type WallMessage = wire.WallSnapshot | wire.WallDelta;

export class WallModel {
  readonly tiles = new Map<string, wire.Tile>();
  order: string[] = [];
  more = 0;
  note: wire.MaybeText = null;
  private seq = -1;

  /** Take a message in; the ids of the tiles that changed. */
  take(message: WallMessage): Set<string> {
    const changed = new Set<string>();
    if (message.type === 'snapshot') {
      this.tiles.clear();
      this.order = message.tiles.map(tile => tile.id);
    } else if (message.seq <= this.seq) {
      // Sent while the snapshot was on its way, and part of it already.
      return changed;
    }
    this.seq = message.seq;
    for (const news of message.tiles ?? []) {
      this.tiles.set(news.id, { ...this.tiles.get(news.id), ...news } as wire.Tile);
      changed.add(news.id);
    }
    this.order = (message as wire.WallDelta).order ?? this.order;
    for (const [place, percent, left] of (message as wire.WallDelta).moved ?? []) {
      const tile = this.tiles.get(this.order[place] ?? '');
      if (tile) {
        Object.assign(tile, { percent, left });
        changed.add(tile.id);
      }
    }
    const shown = new Set(this.order);
    [...this.tiles.keys()].filter(id => !shown.has(id)).forEach(id => this.tiles.delete(id));
    this.more = message.more ?? this.more;
    this.note = message.note === undefined ? this.note : message.note;
    return changed;
  }

  /** How many live, and how many are in trouble. */
  get counts(): [live: number, trouble: number] {
    const all = [...this.tiles.values()];
    return [all.filter(tile => tile.live).length, all.filter(tile => tile.trouble).length];
  }
}
