// The card of one run, the same in every front end. It is told of snapshots and asks through `ask`.

import type { IHooks } from './blocks';
import { RunChart } from './chart';
import { button, make, setText } from './dom';
import { Head } from './head';
import type { Key, Language } from './i18n';
import { Words } from './i18n';
import { type ILogs, Logs } from './logs';
import { type Tab, TABS, panel, panelKey } from './panels';
import type * as run from './schema';
import { isLive, type Snapshot } from './state';

/** `discard`: stop, and make nothing more. */
export type Ask = 'stop' | 'discard' | 'pause' | 'resume';
export type When = 'step' | 'epoch';

export interface ICardOptions extends IHooks {
  language: Language;
  /** Pass a request on to the run; rejects with what to tell the person. Absent: read only. */
  ask?: (ask: Ask, when: When) => Promise<void>;
  /** The curve, where a front end draws it in its own way. */
  chart?: (host: HTMLElement, words: Words) => IRunChart;
  /** The logs of the other processes of a run, where the run's folder can be asked. */
  logs?: (name: string) => Promise<ILogs>;
  /** Restart the notebook's kernel, where one can be had. */
  restart?: () => void;
}

/** What a card needs of its curve. */
export interface IRunChart {
  update(snapshot: Snapshot): void;
  dispose(): void;
}

// The kernel's Paddle was cut off by an interrupt: only a new kernel can train.
const HALF_IMPORTED = 'env.half_imported';
let cards = 0;

export class RunCard {
  readonly words: Words;
  /** Between the curve and the tabs: for what a front end adds to a finished card. */
  readonly slot = make('div', 'plab-slot');
  private readonly root = make('section', 'plab-run plab-bare');
  private readonly head: Head;
  private readonly note: HTMLElement;
  private readonly trouble = make('div', 'plab-error');
  private readonly chart: IRunChart;
  private readonly tabs: HTMLButtonElement[];
  private readonly body = make('div', 'plab-panel');
  private readonly id = `plab-${++cards}`;
  private readonly logs: Logs | undefined;
  private tab: Tab = 'metrics';
  private chosen = false;
  private shownKey = '';
  private shownState = '';
  private asked: string | null = null;
  /** A stop that was clicked here, until the run itself tells that it was heard. */
  private clicked: Snapshot['stopping'] = null;
  private linkText = '';
  private buttons: Buttons | undefined;
  private snapshot: Snapshot | null = null;
  private frame = 0;

  constructor(
    host: HTMLElement,
    private readonly options: ICardOptions
  ) {
    this.words = new Words(options.language);
    this.logs = options.logs && new Logs(options.logs, () => this.snapshot && this.drawPanel(this.snapshot));
    this.root.lang = options.language === 'zh' ? 'zh-CN' : 'en';
    this.head = new Head(this.root, this.words);
    this.note = this.head.note;
    this.note.setAttribute('role', 'status');
    this.trouble.setAttribute('role', 'alert');
    this.root.append(this.trouble);
    const place = this.root.appendChild(make('div', ''));
    this.chart = options.chart?.(place, this.words) ?? new RunChart(place, this.words);
    this.root.append(this.slot);
    this.tabs = this.makeTabs();
    this.root.append(this.body);
    host.append(this.root);
    this.trouble.hidden = true;
    this.drawNote();
  }

  /** Show whose card this is before anything else is known of the run. */
  introduce(name: string): void {
    this.head.introduce(name);
    this.root.setAttribute('aria-label', this.words.say('card.label', { name }));
  }

  /** Show a run as it is now; drawn with the next frame, however often it is called. */
  update(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    // A hidden page has no frames: what came meanwhile is drawn when it is seen again.
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Say how the connection stands; nothing when all is well. */
  say(key: Key | null, values: Record<string, string> = {}): void {
    this.linkText = key ? this.words.say(key, values) : '';
    this.drawNote();
  }

  /** Open a file of the run, where the file browser shows its folder. */
  openBeside(folder: string | null | undefined, file: string, open: (path: string) => void): void {
    if (folder) {
      open(`${folder}/${file}`);
    } else {
      this.say('report.outside', { file });
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.chart.dispose();
    this.root.remove();
  }

  private draw(): void {
    const { snapshot } = this;
    if (!snapshot) {
      return;
    }
    if (!isLive(snapshot) || snapshot.stopping === 'discard') {
      this.clicked = null;
    } else if (this.clicked && (this.clicked === 'discard' || !snapshot.stopping)) {
      snapshot.stopping = this.clicked;
    }
    this.root.classList.remove('plab-bare');
    this.root.classList.toggle('plab-no-curve', isOver(snapshot) && snapshot.points === 0);
    this.root.dataset.state = snapshot.state;
    this.root.dataset.run = snapshot.run_id;
    this.root.setAttribute('aria-label', this.words.say('card.label', { name: snapshot.name }));
    this.head.update(snapshot);
    this.chart.update(snapshot);
    const state = `${snapshot.state} ${snapshot.stopping ?? ''} ${snapshot.phase?.phase === 'queued'}`;
    if (state !== this.shownState) {
      this.shownState = state;
      // What was asked for stands until the run has come out of it.
      this.asked = snapshot.stopping && isLive(snapshot) ? this.asked : null;
      this.drawActions(snapshot);
      this.drawTrouble(snapshot);
      this.drawNote();
    }
    if (snapshot.report && !this.chosen && this.tab === 'metrics') {
      this.select('report');
    }
    this.drawPanel(snapshot);
  }

  private drawPanel(snapshot: Snapshot): void {
    if (this.tab === 'log') {
      this.logs?.seen(snapshot.state, isLive(snapshot));
    }
    const key = `${this.tab}:${panelKey(this.tab, snapshot, this.logs)}`;
    if (key !== this.shownKey) {
      this.shownKey = key;
      const read = scrollOf(this.body);
      const nodes = panel(this.tab, snapshot, this.words, this.options, this.logs);
      if (nodes.length > 1 && nodes[0] === this.body.firstChild) {
        // What chooses the log stays, with its focus.
        this.body.lastChild?.replaceWith(nodes[1]!);
      } else {
        this.body.replaceChildren(...nodes);
      }
      const log = this.body.querySelector('.plab-log');
      log?.scrollTo({ top: read ?? log.scrollHeight });
    }
  }

  private drawActions(snapshot: Snapshot): void {
    const { actions } = this.head;
    const focused = actions.contains(document.activeElement);
    if (!this.options.ask || !isLive(snapshot)) {
      actions.replaceChildren();
    } else {
      this.buttons ??= this.makeButtons();
      actions.replaceChildren(...Object.values(this.buttons));
      offer(this.buttons, snapshot);
      setText(this.buttons.pause, this.words.say(snapshot.state === 'paused' ? 'do.resume' : 'do.pause'));
    }
    if (focused && actions !== document.activeElement?.parentElement) {
      (actions.querySelector<HTMLElement>('button:enabled:not(.plab-away)') ?? this.tabs[0])?.focus();
    }
  }

  /** Each has its place while the run lives: none moves when another comes or goes. */
  private makeButtons(): Buttons {
    const make = (key: Key, name: string, ask: () => [Ask, When]) =>
      button(this.words.say(key), `plab-${name}`, () => void this.request(...ask()));
    const discard = make('do.discard', 'discard', () => ['discard', 'step']);
    discard.title = this.words.say('do.discard.title');
    return {
      discard,
      pause: make('do.pause', 'pause', () => [this.snapshot?.state === 'paused' ? 'resume' : 'pause', 'step']),
      epoch: make('do.stop_epoch', 'stop-epoch', () => ['stop', 'epoch']),
      stop: make('do.stop', 'stop', () => ['stop', 'step'])
    };
  }

  private async request(ask: Ask, when: When): Promise<void> {
    const key = ask === 'stop' && when === 'epoch' ? 'asked.stop_epoch' : `asked.${ask}`;
    this.asked = this.words.say(key as Key);
    this.clicked = ask === 'discard' ? 'discard' : ask === 'stop' ? when : this.clicked;
    this.draw();
    this.drawNote();
    try {
      await this.options.ask?.(ask, when);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.asked = this.words.say('asked.failed', { reason });
      this.clicked = null;
      if (this.snapshot) {
        this.snapshot.stopping = null;
      }
      this.draw();
      this.drawNote();
    }
  }

  private drawNote(): void {
    const kept = this.snapshot?.end?.kept ? this.words.text(this.snapshot.end.kept) : '';
    const text = [this.linkText, this.asked ?? '', kept].filter(Boolean).join(' ');
    setText(this.note, text);
  }

  private drawTrouble(snapshot: Snapshot): void {
    const parts = troubleOf(snapshot, this.words);
    if (snapshot.end?.error?.code === HALF_IMPORTED && this.options.restart) {
      parts.push(button(this.words.say('do.restart'), 'plab-restart', this.options.restart));
    }
    this.trouble.hidden = parts.length === 0;
    this.trouble.replaceChildren(...parts);
  }

  private makeTabs(): HTMLButtonElement[] {
    const list = this.root.appendChild(make('div', 'plab-tabs'));
    list.setAttribute('role', 'tablist');
    this.body.setAttribute('role', 'tabpanel');
    this.body.id = `${this.id}-panel`;
    const tabs = TABS.map(name => {
      const tab = button(this.words.say(`tab.${name}`), 'plab-tab', () => this.choose(name));
      tab.id = `${this.id}-${name}`;
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-controls', this.body.id);
      return tab;
    });
    list.append(...tabs);
    list.addEventListener('keydown', event => this.walkTabs(event));
    queueMicrotask(() => this.markTab());
    return tabs;
  }

  private walkTabs(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const next = (TABS.indexOf(this.tab) + by + TABS.length) % TABS.length;
    this.choose(TABS[next]!);
    this.tabs[next]?.focus();
  }

  private choose(tab: Tab): void {
    this.chosen = true;
    this.select(tab);
  }

  private select(tab: Tab): void {
    this.tab = tab;
    this.markTab();
    if (this.snapshot) {
      this.drawPanel(this.snapshot);
    }
  }

  private markTab(): void {
    this.tabs.forEach((tab, index) => {
      const selected = TABS[index] === this.tab;
      tab.setAttribute('aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
    });
    this.body.setAttribute('aria-labelledby', `${this.id}-${this.tab}`);
  }
}

type Buttons = { [name in 'discard' | 'pause' | 'epoch' | 'stop']: HTMLButtonElement };

/** What does something in this state is offered; what was asked for already is not again. */
function offer(buttons: Buttons, { state, stopping }: Snapshot): void {
  const ends = state !== 'finishing';
  const shown = {
    discard: Boolean(stopping),
    pause: !stopping && (state === 'training' || state === 'paused'),
    // One that waits has no epoch that it could end.
    epoch: ends && state !== 'queued',
    stop: ends
  };
  for (const name of ['discard', 'pause', 'epoch', 'stop'] as const) {
    buttons[name].classList.toggle('plab-away', !shown[name]);
  }
  buttons.discard.disabled = stopping === 'discard';
  buttons.epoch.disabled = Boolean(stopping);
  buttons.stop.disabled = Boolean(stopping) && stopping !== 'epoch';
}

/** Where somebody reads in the log, unless it is its end, which is followed. */
function scrollOf(body: HTMLElement): number | null {
  const log = body.querySelector('.plab-log');
  const left = log ? log.scrollHeight - log.scrollTop - log.clientHeight : 0;
  return log && left > 8 ? log.scrollTop : null;
}

/** What happened, why, and what to do. */
function troubleOf(snapshot: Snapshot, words: Words): HTMLElement[] {
  const error: run.Error | null | undefined = snapshot.end?.error ?? snapshot.export?.error;
  if (error) {
    return [
      make('p', 'plab-what', words.text(error.what)),
      error.why && make('p', '', words.text(error.why)),
      error.fix && make('p', 'plab-fix', words.text(error.fix))
    ].filter((part): part is HTMLParagraphElement => Boolean(part));
  }
  if (snapshot.state === 'crashed') {
    return [
      make('p', 'plab-what', words.say('error.crashed')),
      make('p', 'plab-fix', words.say('error.resume', { id: snapshot.run_id }))
    ];
  }
  return [];
}

/** Whether a run is over, so that its output can be frozen. */
export function isOver(snapshot: Snapshot): boolean {
  return !isLive(snapshot);
}
