// One tile: whose run, how far, one figure, a small curve, what is wrong.

import { make, setText } from '../run/dom';
import { nameOf } from '../run/names';
import { figure, number, roughly } from '../run/numbers';
import type { IPageHost } from '../page/host';
import type * as wire from './messages';

const SVG = 'http://www.w3.org/2000/svg';
const HIGHEST = 99;

export class TileView {
  readonly node: HTMLLIElement;
  private readonly name = make('button', 'plab-tile-name');
  private readonly state = make('span', 'plab-tile-state');
  private readonly percent = make('span', 'plab-tile-percent');
  private readonly left = make('span', '');
  private readonly fill = make('div', 'plab-tile-fill');
  private readonly bar = make('div', 'plab-tile-bar', this.fill);
  private readonly value = make('span', 'plab-tile-value');
  private readonly figure = make('span', 'plab-tile-figure');
  private readonly svg = document.createElementNS(SVG, 'svg');
  private readonly line = document.createElementNS(SVG, 'polyline');
  private readonly foot = make('p', 'plab-tile-foot');

  constructor(
    private readonly host: IPageHost,
    private readonly stateName: (state: string) => string,
    open: () => void
  ) {
    this.name.type = 'button';
    this.name.dir = this.foot.dir = 'auto';
    this.name.addEventListener('click', open);
    this.bar.setAttribute('role', 'progressbar');
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.svg.setAttribute('role', 'img');
    this.svg.append(this.line);
    this.node = make(
      'li',
      'plab-tile',
      this.name,
      make('p', 'plab-tile-row', this.percent, make('span', 'plab-tile-side', this.state, this.left)),
      this.bar,
      make('div', 'plab-tile-row plab-tile-figures', make('p', '', this.value, this.figure), this.svg),
      this.foot
    );
  }

  /** Show a tile at its place, counted from 1; without names it is known by its place. */
  show(tile: wire.Tile, place: number, names: boolean): void {
    const { trans, language } = this.host;
    const { node, bar, svg } = this;
    const name = names ? tile.title : `#${place}`;
    node.dataset.state = tile.state;
    node.classList.toggle('plab-mod-bad', tile.trouble !== null);
    node.classList.toggle('plab-mod-over', !tile.live);
    setText(this.name, name);
    this.name.disabled = !tile.own;
    setText(this.state, this.stateName(tile.state));
    setText(this.percent, `${tile.percent}%`);
    setText(this.left, tile.left === null ? '' : trans.__('%1 left', roughly(tile.left, language)));
    this.fill.style.width = `${tile.percent}%`;
    bar.ariaLabel = trans.__('Progress of %1', name);
    bar.ariaValueNow = String(tile.percent);
    const [split, metric, value] = tile.figure ?? ['', 'loss', tile.loss?.[1]];
    const words = [split && nameOf('split', split, language), nameOf('metric', metric, language)];
    setText(this.value, value === undefined ? '' : figure(metric, value));
    setText(this.figure, value === undefined ? '' : words.join(language === 'zh' ? '' : ' '));
    svg.setAttribute('viewBox', `0 0 ${Math.max(1, tile.curve.length - 1)} ${HIGHEST}`);
    this.line.setAttribute('points', tile.curve.map((high, place) => `${place},${HIGHEST - high}`).join(' '));
    svg.ariaLabel = tile.loss ? trans.__('Loss from %1 to %2', ...tile.loss.map(number)) : '';
    svg.style.visibility = tile.loss ? '' : 'hidden';
    setText(this.foot, tile.trouble?.[language] ?? (names ? tile.line : ''));
  }
}
