// The page of one run: the card that cells have, with a larger chart, and what can be done with it.

import { Notification, showErrorMessage } from '@jupyterlab/apputils';
import type { IDisposable } from '@lumino/disposable';
import { Widget } from '@lumino/widgets';

import { RunCard } from '../run/card';
import { button, make, setText } from '../run/dom';
import type { Key } from '../run/i18n';
import type { Snapshot } from '../run/state';
import { runInNotebook } from '../sidebar/cells';
import { PageApi } from './api';
import { PageChart } from './chart';
import { note, remove, rename } from './dialogs';
import { followRun } from './follow';
import type { IFrame, IPageHost } from './host';
import type * as wire from './messages';
import { PagePhrases } from './phrases';

type Action = 'rename' | 'note' | 'more' | 'resume' | 'export' | 'notebook' | 'folder' | 'delete' | 'all';
const ORDER: readonly Action[] = [
  'rename', 'note', 'more', 'resume', 'export', 'notebook', 'folder', 'delete', 'all'
];

const OPEN = 'docmanager:open';

export class RunPage extends Widget {
  private readonly phrases: PagePhrases;
  private readonly api: PageApi;
  private readonly title_ = make('h2', 'plab-page-title');
  private readonly about = make('p', 'plab-page-note');
  private readonly bar = make('div', 'plab-page-bar');
  private readonly buttons = new Map<Action, HTMLButtonElement>();
  private readonly card: RunCard;
  private readonly following: IDisposable;
  private facts: wire.RunPage | null = null;
  private snapshot: Snapshot | null = null;
  private state = '';

  constructor(
    private readonly id_: string,
    name: string,
    private readonly host: IPageHost,
    private readonly frame: IFrame
  ) {
    super();
    this.phrases = new PagePhrases(host.language);
    this.api = new PageApi(host.app.serviceManager.serverSettings, host.language);
    this.addClass('plab-page');
    this.node.lang = host.language === 'zh' ? 'zh-CN' : 'en';
    this.title_.dir = 'auto';
    this.bar.setAttribute('role', 'toolbar');
    this.bar.setAttribute('aria-label', this.phrases.say('table.actions'));
    this.makeButtons();
    const place = make('div', 'plab-page-card');
    this.node.append(make('div', 'plab-page-head', this.title_, this.bar), this.about, place);
    this.card = new RunCard(place, {
      language: host.language,
      ask: async (ask, when) => {
        await this.api.ask(id_, ask, when).catch((error: unknown) => {
          throw new Error(this.api.reason(error));
        });
      },
      logs: name => this.api.logs(id_, name),
      open: file =>
        this.card.openBeside(this.facts?.folder, file, path => void host.app.commands.execute(OPEN, { path })),
      chart: node =>
        new PageChart(node, {
          phrases: this.phrases,
          points: ids => this.api.points(ids),
          failed: error => void this.failed(error)
        })
    });
    this.call(name);
    this.following = followRun(host.stream, id_, {
      update: snapshot => this.update_(snapshot),
      trouble: (what, reason) => this.card.say(what ? (`link.${what}` as Key) : null, { reason })
    });
    void this.look();
  }

  dispose(): void {
    this.following.dispose();
    this.card.dispose();
    super.dispose();
  }

  private update_(snapshot: Snapshot): void {
    // A name that was given on this page is newer than what the stream began with.
    const named = this.facts ? { ...snapshot, name: this.facts.name } : snapshot;
    this.snapshot = snapshot;
    this.card.update(named);
    const state = `${snapshot.state} ${snapshot.export?.seq ?? ''}`;
    if (state !== this.state) {
      this.state = state;
      void this.look();
    }
  }

  /** Ask what can be done with the run now. */
  private async look(): Promise<void> {
    try {
      this.facts = await this.api.page(this.id_);
    } catch {
      // The card says what is wrong with the run or the connection.
      return;
    }
    if (!this.isDisposed) {
      this.show_();
    }
  }

  private show_(): void {
    const { facts } = this;
    if (!facts) {
      return;
    }
    this.call(facts.name);
    setText(this.about, facts.note);
    this.about.hidden = facts.note === '';
    const folders = this.host.app.commands.hasCommand('filebrowser:open-path');
    const able: Record<Action, boolean> = {
      rename: true,
      note: true,
      more: facts.more !== null,
      resume: facts.resume !== null,
      export: facts.export !== null,
      notebook: facts.notebook !== null,
      folder: facts.folder !== null && folders,
      delete: !facts.live,
      all: true
    };
    const focused = document.activeElement;
    for (const [action, element] of this.buttons) {
      element.hidden = !able[action];
      if (element === focused && element.hidden) {
        this.buttons.get('rename')?.focus();
      }
    }
    if (this.snapshot) {
      this.card.update({ ...this.snapshot, name: facts.name });
    }
  }

  private call(name: string): void {
    const title = this.phrases.say('page.run', { name });
    setText(this.title_, title);
    this.card.introduce(name);
    this.frame.setTitle(title);
  }

  private makeButtons(): void {
    for (const action of ORDER) {
      const element = button(this.phrases.say(`do.${action}`), `plab-do-${action}`, () =>
        void this.act(action)
      );
      element.hidden = action !== 'all';
      if (action === 'more' || action === 'resume' || action === 'export') {
        element.title = this.phrases.say(`do.${action}_hint`);
      }
      this.buttons.set(action, element);
      this.bar.append(element);
    }
  }

  private async act(action: Action): Promise<void> {
    const { facts, api, phrases, host } = this;
    if (action === 'all') {
      host.openRuns();
    }
    if (!facts) {
      return;
    }
    switch (action) {
      case 'rename':
        this.changed(await rename(facts, api, phrases));
        break;
      case 'note':
        this.changed(await note(facts, api, phrases));
        break;
      case 'delete':
        if (await remove(facts, api, phrases)) {
          host.openRuns();
          this.frame.close();
        }
        break;
      case 'notebook':
        void host.app.commands.execute(OPEN, { path: facts.notebook });
        break;
      case 'folder':
        void host.app.commands.execute('filebrowser:open-path', { path: facts.folder });
        break;
      case 'more':
      case 'resume':
      case 'export':
        await this.run(facts[action] ?? '');
        break;
      case 'all':
        break;
    }
  }

  private changed(about: wire.About | null): void {
    if (about && this.facts && !this.isDisposed) {
      this.facts = { ...this.facts, ...about };
      this.show_();
    }
  }

  /** Run a command in the run's notebook. Nothing runs before this click. */
  private async run(command: string): Promise<void> {
    try {
      const path = await runInNotebook(this.host.app, this.facts?.notebook ?? null, command);
      if (path) {
        Notification.info(this.phrases.say('said.cell', { notebook: path }), { autoClose: 5000 });
      } else {
        await showErrorMessage(this.phrases.say('said.by_hand'), command);
      }
    } catch (error) {
      await this.failed(error);
    }
  }

  private async failed(error: unknown): Promise<void> {
    await showErrorMessage(this.phrases.say('page.failed', { reason: '' }).trim(), this.api.reason(error));
  }
}
