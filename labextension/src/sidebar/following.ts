/** Progress that follows a person: in the page's title, and as a toast when a run has ended. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { type ISignal, Signal } from '@lumino/signaling';

import { nameOf } from '../run/names';
import { figure, roughly } from '../run/numbers';
import type { IStream } from '../stream';
import type { ISidebar } from './context';
import type * as wire from './messages';
import type { SidebarModel } from './model';
import { pathOf } from './notebooks';
import { percentOf, stateName, stateOf } from './runWords';
import type { IValues } from './settings';

/** What ended badly is told by a warning with its own action (warnings.ts). */
const WARNED = ['crashed', 'run.out_of_memory'];
const SHORT_MS = 20_000;
/** Between the progress and the page's own title. */
const MARK = ' · \u2063';

/** Looks at the runs as they change. */
export class Following {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _sidebar: ISidebar,
    private readonly _stream: IStream,
    private readonly _settings: () => IValues
  ) {
    _sidebar.model.changed.connect(this._onChanged, this);
    // JupyterLab sets the title anew with each document in front.
    const title = document.querySelector('title');
    if (title) {
      new MutationObserver(() => this._drawTitle()).observe(title, { childList: true });
    }
  }

  /** A first run lives now, or the last does not any more. */
  get liveChanged(): ISignal<this, void> {
    return this._liveChanged;
  }

  /** Whether there is something to show in the status bar. */
  get isLive(): boolean {
    return this._settings().progress && this._sidebar.model.runs.some(run => run.live);
  }

  /** Settings have changed. */
  refresh(): void {
    this._onChanged(this._sidebar.model, 'runs');
  }

  private _onChanged(model: SidebarModel, part: string): void {
    if (part !== 'runs') {
      return;
    }
    const { progress } = this._settings();
    for (const run of model.runs) {
      if (!run.live && this._lived.has(run.id) && progress) {
        this._tellEnd(run);
      }
    }
    this._lived = new Set(model.runs.filter(run => run.live).map(run => run.id));
    const here = progress ? model.runs.filter(run => run.live && this._isOpen(run.path)) : [];
    // The title is read while the page is hidden behind another: it must be told all the same.
    this._stream.stayAwake?.(here.length > 0);
    const run = nearestToEnd(here);
    this._shown = run ? progressOf(run, this._sidebar) + MARK : '';
    this._drawTitle();
    if (this.isLive !== this._wasLive) {
      this._wasLive = this.isLive;
      this._liveChanged.emit();
    }
  }

  private _isOpen(path: string | null): boolean {
    return path !== null && [...this._app.shell.widgets('main')].some(widget => pathOf(widget) === path);
  }

  private _drawTitle(): void {
    const wanted = this._shown + (document.title.split(MARK).pop() ?? '');
    if (document.title !== wanted) {
      document.title = wanted;
    }
  }

  private _tellEnd(run: wire.Run): void {
    const { trans, presenter, currentPath, actions } = this._sidebar;
    if (presenter() && run.path !== currentPath()) {
      return;
    }
    const text = endOf(run, this._sidebar);
    const code = run.error?.['code'];
    if (!WARNED.includes(typeof code === 'string' ? code : run.state)) {
      const bad = run.state === 'failed' || run.state === 'aborted';
      Notification.emit(text, run.state === 'finished' ? 'success' : bad ? 'error' : 'info', {
        autoClose: bad ? false : SHORT_MS,
        actions: [
          { label: trans.__('Show the run'), displayType: 'accent', callback: () => void actions.showRun(run) }
        ]
      });
    }
    this._tellBrowser(text, run);
  }

  /** By the browser's own notification, where the person wants it and does not look at the page. */
  private _tellBrowser(text: string, run: wire.Run): void {
    const Told = window.Notification as typeof window.Notification | undefined;
    if (!this._settings().browserNotifications || document.hasFocus() || Told?.permission !== 'granted') {
      return;
    }
    const told = new Told('Paddle Lab', { body: text, tag: run.id });
    told.onclick = () => {
      window.focus();
      told.close();
      void this._sidebar.actions.showRun(run);
    };
  }

  private _lived = new Set<string>();
  private _shown = '';
  private _wasLive = false;
  private readonly _liveChanged = new Signal<this, void>(this);
}

/** The live run that will end first; of those that cannot say when, the one that is furthest. */
export function nearestToEnd(runs: wire.Run[]): wire.Run | undefined {
  const left = (run: wire.Run) => run.left_s ?? Number.MAX_SAFE_INTEGER - percentOf(run);
  return [...runs].sort((a, b) => left(a) - left(b))[0];
}

/** `62% · 48 s`; a run that stops or is paused says so. */
export function progressOf(run: wire.Run, { trans, language }: ISidebar): string {
  const parts = [`${percentOf(run)}%`];
  if (run.stopping || run.state === 'paused' || run.state === 'queued') {
    parts.push(stateName(stateOf(run), trans));
  } else if (run.left_s !== null) {
    parts.push(roughly(run.left_s, language));
  }
  return parts.join(' · ');
}

function endOf(run: wire.Run, { trans, language }: ISidebar): string {
  const found = run.best ? `${nameOf('metric', run.best[0], language)} ${figure(...run.best)}` : '';
  switch (run.state) {
    case 'finished':
      return found ? trans.__('%1 has finished: %2', run.name, found) : trans.__('%1 has finished', run.name);
    case 'stopped':
      return trans.__('%1 was stopped', run.name);
    case 'aborted':
      return trans.__('%1 was aborted', run.name);
    case 'crashed':
      return trans.__('%1 has crashed', run.name);
    default:
      return trans.__('%1 has failed', run.name);
  }
}
