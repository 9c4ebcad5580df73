import { describe, expect, test } from 'vitest';

import type * as wire from '../../src/wall/messages';
import { WallModel } from '../../src/wall/model';

const tile = (id: string, more: Partial<wire.Tile> = {}): wire.Tile => ({
  id,
  title: id,
  line: '',
  own: true,
  state: 'training',
  live: true,
  trouble: null,
  percent: 10,
  left: 60,
  figure: null,
  loss: null,
  curve: [],
  ...more
});

const bad = { en: 'bad', zh: '坏' };
const wall = (...tiles: wire.Tile[]): WallModel => {
  const model = new WallModel();
  model.take({ type: 'snapshot', seq: 5, tiles, more: 0, note: null });
  return model;
};

describe('the wall', () => {
  test('holds what it was told, and says which tiles changed', () => {
    const model = wall(tile('a'), tile('b'), tile('c'));
    const changed = model.take({
      type: 'delta',
      seq: 6,
      tiles: [{ id: 'b', state: 'failed', live: false, trouble: bad }],
      moved: [[2, 44, null]]
    });
    expect([...changed].sort()).toEqual(['b', 'c']);
    expect(model.tiles.get('b')).toMatchObject({ title: 'b', state: 'failed', percent: 10 });
    expect(model.tiles.get('c')).toMatchObject({ percent: 44, left: null });
    expect(model.counts).toEqual([2, 1]);
  });

  test('forgets what has left and takes in what is new, in the order that it is told', () => {
    const model = wall(tile('a'), tile('b'));
    model.take({ type: 'delta', seq: 6, tiles: [tile('z')], order: ['b', 'z'], moved: [[0, 20, 5]] });
    expect(model.order).toEqual(['b', 'z']);
    expect([...model.tiles.keys()].sort()).toEqual(['b', 'z']);
    expect(model.tiles.get('b')?.percent).toBe(20);
  });

  test('passes over what the snapshot had already', () => {
    const model = wall(tile('a'));
    expect(model.take({ type: 'delta', seq: 5, moved: [[0, 1, null]] }).size).toBe(0);
    expect(model.tiles.get('a')?.percent).toBe(10);
  });

  test('begins anew with a server that was restarted', () => {
    const model = wall(tile('a'));
    model.take({ type: 'snapshot', seq: 0, tiles: [tile('b')], more: 3, note: bad });
    model.take({ type: 'delta', seq: 1, moved: [[0, 30, null], [9, 1, null]] });
    expect([model.order, model.more, model.note]).toEqual([['b'], 3, bad]);
    expect(model.tiles.get('b')?.percent).toBe(30);
    model.take({ type: 'delta', seq: 2, more: 0, note: null });
    expect([model.more, model.note]).toEqual([0, null]);
  });
});
