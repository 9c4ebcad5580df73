// The wall: a tile for each run, as large as they fit, for a room that looks at one screen.

import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import '../../style/wall/page.css';

import type { IFrame, IPageHost } from '../page/host';
import { button, make, setText } from '../run/dom';
import { Words } from '../run/i18n';
import { stateName } from '../page/cells';
import { PagePhrases } from '../page/phrases';
import type { IMessage, Link } from '../stream';
import { fitOf } from './fit';
import { WallModel, type WallMessage } from './model';
import { Presenter } from './presenter';
import { TileView } from './tile';

export class WallPage extends Widget {
  private readonly model = new WallModel();
  private readonly views = new Map<string, TileView>();
  private readonly counts = make('p', 'plab-wall-counts');
  private readonly list = make('ul', 'plab-wall-tiles');
  private readonly said = make('p', 'plab-quiet');
  private readonly names: HTMLButtonElement;
  private readonly present: HTMLButtonElement;
  private readonly presenter: Presenter;
  private readonly sizes = new ResizeObserver(() => this.refit());
  private following: IDisposable | null = null;
  private readonly words: Words;
  private readonly stateName: (state: string) => string;
  private withNames = true;
  private link: Link = 'connecting';
  private heard = false;
  private refused = '';
  private columns = 1;

  constructor(
    private readonly host: IPageHost,
    frame: IFrame
  ) {
    super();
    const { trans, language, settings } = host;
    const title = trans.__('Wall of runs');
    this.words = new Words(language);
    const phrases = new PagePhrases(language);
    this.stateName = state => stateName(state, this.words, phrases);
    frame.setTitle(title);
    this.addClass('plab-page');
    this.addClass('plab-wall-page');
    this.counts.setAttribute('role', 'status');
    this.said.setAttribute('role', 'status');
    this.list.ariaLabel = title;
    this.list.addEventListener('keydown', event => this.walk(event));
    this.names = button(trans.__('Names'), '', () => this.showNames(!this.withNames));
    this.present = button(trans.__('Presenter mode'), '', () => this.presenter.toggle(title));
    const content = make(
      'div',
      'plab-page plab-wall',
      make('div', 'plab-page-head', make('h2', 'plab-page-title', title), this.counts, this.names, this.present),
      this.said,
      this.list
    );
    content.lang = language === 'zh' ? 'zh-CN' : 'en';
    this.node.append(content);
    this.presenter = new Presenter(content, this.node, on => {
      setText(this.present, on ? trans.__('Leave presenter mode') : trans.__('Presenter mode'));
      this.present.focus();
    });
    this.sizes.observe(this.list);
    this.showNames(true);
    // Who hides names from a class in the sidebar hides them here, too.
    void settings?.load('paddle-lab:sidebar').then(({ composite }) => this.showNames(!composite['presenter']));
  }

  dispose(): void {
    this.following?.dispose();
    this.sizes.disconnect();
    this.presenter.leave();
    super.dispose();
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.listen();
    }
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.listen();
  }

  /** A wall behind other pages is told nothing. */
  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.following?.dispose();
    this.following = null;
  }

  private listen(): void {
    this.following ??= this.host.stream.subscribe('wall', {
      message: message => this.take(message),
      link: link => {
        this.link = link;
        this.tell();
      }
    });
  }

  private take(message: IMessage): void {
    if (message.type !== 'snapshot' && message.type !== 'delta') {
      this.refused = message.reason ?? message.type;
      this.tell();
      return;
    }
    this.heard = true;
    this.refused = '';
    const before = this.model.order;
    const changed = this.model.take(message as unknown as WallMessage);
    if (before.join() !== this.model.order.join()) {
      this.arrange();
    }
    changed.forEach(id => this.draw(id));
    this.tell();
  }

  private draw(id: string): void {
    const tile = this.model.tiles.get(id);
    if (tile) {
      this.views.get(id)?.show(tile, this.model.order.indexOf(id) + 1, this.withNames);
    }
  }

  /** Put the tiles in their order. None that stays is moved without need, so the focus stays, too. */
  private arrange(): void {
    const { list, views, model } = this;
    const focused = [...list.children].findIndex(node => node.contains(document.activeElement));
    for (const [id, view] of views) {
      if (!model.tiles.has(id)) {
        view.node.remove();
        views.delete(id);
      }
    }
    model.order.forEach((id, place) => {
      const view = views.get(id) ?? new TileView(this.host, this.stateName, () => this.open(id));
      views.set(id, view);
      const there = list.children[place] ?? null;
      if (there !== view.node) {
        list.insertBefore(view.node, there);
      }
    });
    model.order.forEach(id => this.draw(id));
    this.refit();
    if (focused >= 0 && !list.contains(document.activeElement)) {
      this.goTo(Math.min(focused, model.order.length - 1), -1);
    }
  }

  private open(id: string): void {
    this.presenter.leave();
    this.host.openRun(id, this.model.tiles.get(id)?.title ?? id);
  }

  /** What the tiles do not say: how many, and what is not there. */
  private tell(): void {
    const { trans, language } = this.host;
    const { model } = this;
    const [live, trouble] = model.counts;
    const said = [trans.__('%1 live', live), trouble ? trans.__('%1 in trouble', trouble) : ''];
    setText(this.counts, said.filter(Boolean).join(' · '));
    setText(
      this.said,
      this.link !== 'open'
        ? this.words.say(this.link === 'lost' ? 'link.lost' : 'link.connecting')
        : [
            this.refused,
            model.note?.[language],
            model.more ? trans.__('%1 more runs have no room here.', model.more) : '',
            this.heard && !model.order.length ? trans.__('No run lives, and none has ended in the last two hours.') : ''
          ]
            .filter(Boolean)
            .join(' ')
    );
    this.said.hidden = !this.said.textContent;
  }

  private showNames(shown: boolean): void {
    this.withNames = shown;
    this.names.ariaPressed = String(shown);
    this.model.order.forEach(id => this.draw(id));
  }

  private refit(): void {
    const { list } = this;
    const { columns, letter } = fitOf(this.model.order.length, list.clientWidth, list.clientHeight);
    this.columns = columns;
    list.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    list.style.fontSize = `${letter.toFixed(2)}px`;
  }

  /** Arrows go from tile to tile. */
  private walk(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
    const place = [...this.list.children].findIndex(node => node.contains(event.target as Node));
    if (step && place >= 0) {
      event.preventDefault();
      this.goTo(place + step, step);
    }
  }

  /** Give the focus to the tile at a place, or to the next one that can be opened. */
  private goTo(place: number, step: number): void {
    for (let next = place; this.list.children[next]; next += step) {
      const name = this.list.children[next]!.querySelector<HTMLButtonElement>('button:enabled');
      if (name) {
        name.focus();
        return;
      }
    }
  }
}
