// The run's card in a cell: live through the server's socket, or from the frozen output alone.

import '../../style/run.js';

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Widget } from '@lumino/widgets';

import type { INotebooks } from '../notebook/plugin';
import { messageOf, requestApi } from '../sidebar/request';
import type { IListener, IMessage, IStream, Link } from '../stream';
import { type Ask, RunCard, isOver, type When } from './card';
import { make } from './dom';
import { type Language, Words } from './i18n';
import type { ILogs } from './logs';
import { KernelLink } from './kernelLink';
import { MIME, type Output, outputOf } from './output';
import { RunStore, type RunMessage } from './state';
import { TrialBox } from './trialBox';

// The kernel freezes the output by itself; only where its update found no cell is it left to us.
const FREEZE_AFTER_MS = 3_000;

export interface IRendererOptions {
  stream: IStream;
  settings: ServerConnection.ISettings;
  language: (output: Output) => Language;
  notebooks: INotebooks | null;
  /** Restart the kernel of the notebook in front, after Jupyter's own question. */
  restart: () => void;
  /** Open a file by its path in the file browser. */
  open: (path: string) => void;
}

/** Draws `application/vnd.paddle-lab.run.v1+json`. Needs no kernel and no trust. */
export class RunRenderer extends Widget implements IRenderMime.IRenderer, IListener {
  private readonly store = new RunStore();
  private card: RunCard | null = null;
  private output: Output | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private subscription: IDisposable | null = null;
  private kernel: KernelLink | null = null;
  private freezing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: IRendererOptions) {
    super();
    this.addClass('plab-output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.draw(model);
    return Promise.resolve();
  }

  private draw(model: IRenderMime.IMimeModel): void {
    this.model = model;
    const output = outputOf(model.data[MIME]);
    if (!output) {
      this.clear();
      const plain = model.data['text/plain'];
      this.node.replaceChildren(make('pre', '', typeof plain === 'string' ? plain : ''));
      return;
    }
    const same = this.output?.run_id === output.run_id && this.output.live === output.live;
    this.output = output;
    if (same && output.live) {
      return;
    }
    this.clear();
    const language = this.options.language(output);
    const trial = this.trialOf(output, language);
    this.card = new RunCard(this.node, {
      language,
      restart: this.options.restart,
      logs: name => this.call(`logs?name=${name}`) as Promise<unknown> as Promise<ILogs>,
      open: file => void this.openFile(file),
      ...(trial ? { relabel: item => trial.relabel(item) } : {}),
      ...(output.live ? { ask: (ask: Ask, when: When) => this.ask(ask, when) } : {})
    });
    this.card.introduce(output.name);
    if (trial) {
      this.card.slot.append(trial.node);
      this.connect();
    }
    if (output.snapshot) {
      this.card.update(output.snapshot);
    } else {
      this.subscription = this.options.stream.subscribe(`run:${output.run_id}`, this);
    }
  }

  message(message: IMessage): void {
    if (message.type === 'gone') {
      this.card?.say('link.gone');
    } else if (message.type === 'error') {
      this.card?.say('link.unreadable', { reason: message.reason ?? '' });
    }
    if (message.type !== 'snapshot' && message.type !== 'delta') {
      return;
    }
    if (!this.store.apply(message as unknown as RunMessage)) {
      this.options.stream.refresh(message.topic);
      return;
    }
    const { snapshot } = this.store;
    if (snapshot) {
      this.card?.say(null);
      this.card?.update(snapshot);
      if (isOver(snapshot)) {
        this.freezing ??= setTimeout(() => {
          // What cannot be frozen now stays live, and is frozen when it is opened again.
          this.freeze().catch(reason => console.warn('paddle-lab:', reason));
        }, FREEZE_AFTER_MS);
      } else {
        clearTimeout(this.freezing);
        this.freezing = undefined;
      }
    }
  }

  link(link: Link): void {
    if (link === 'open') {
      this.card?.say(this.store.snapshot ? null : 'link.connecting');
    } else {
      this.card?.say(link === 'lost' ? 'link.lost' : 'link.connecting');
    }
  }

  dispose(): void {
    this.clear();
    super.dispose();
  }

  /** The box of a finished run that has a bundle. */
  private trialOf(output: Output, language: Language): TrialBox | null {
    const { snapshot } = output;
    if (!snapshot || !(snapshot.export?.ok || snapshot.no_bundle === false)) {
      return null;
    }
    const trial = new TrialBox(output.run_id, new Words(language), able =>
      this.toggleClass('plab-able', able)
    );
    trial.link = this.kernel = new KernelLink(this, output.run_id, trial);
    return trial;
  }

  protected onAfterAttach(): void {
    this.connect();
  }

  /** Ask the notebook's kernel, once the card stands in its notebook. */
  private connect(): void {
    if (this.isAttached) {
      this.kernel?.connect();
    }
  }

  private clear(): void {
    this.kernel?.dispose();
    this.kernel = null;
    clearTimeout(this.freezing);
    this.freezing = undefined;
    this.subscription?.dispose();
    this.subscription = null;
    this.card?.dispose();
    this.card = null;
    this.node.replaceChildren();
  }

  /**
   * Put the frozen output into the notebook, as the kernel does when it can: after a reload the
   * page no longer knows which cell the kernel's update belongs to.
   */
  private async freeze(): Promise<void> {
    const { model, output, store } = this;
    if (this.isDisposed || !model || !output?.live || !store.snapshot || !isOver(store.snapshot)) {
      return;
    }
    const language = this.options.language(output);
    const frozen = await this.call(
      `output?language=${language}${output.language ? '&chosen=1' : ''}`
    );
    const now = outputOf(model.data[MIME]);
    if (!this.isDisposed && now?.live && now.run_id === output.run_id) {
      const keeper = this.options.notebooks?.keeperOf(this);
      const clean = keeper?.isClean ?? false;
      model.setData({ data: frozen.data as IRenderMime.IMimeModel['data'] });
      keeper?.frozen(clean);
    }
  }

  /** Open a file of the run, which lies where this server finds it now. */
  private async openFile(file: string): Promise<void> {
    try {
      this.card?.openBeside((await this.call('page')).folder as string | null, file, this.options.open);
    } catch (error) {
      this.card?.say('link.unreadable', { reason: messageOf(error) });
    }
  }

  private async ask(ask: Ask, when: When): Promise<void> {
    const request = ask === 'discard' ? { ask: 'stop', when, save: false } : { ask, when };
    await this.call('requests', { method: 'POST', body: JSON.stringify(request) });
  }

  private call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
    const run = encodeURIComponent(this.output?.run_id ?? '');
    return requestApi(`runs/${run}/${path}`, this.options.settings, init);
  }
}
