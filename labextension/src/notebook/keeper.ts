// Keeps the cards of one open notebook: puts back what its file lacks, and saves what it shows.

import type { Contents, KernelMessage } from '@jupyterlab/services';
import { ServerConnection } from '@jupyterlab/services';

import { MIME } from '../run/output';
import { requestApi } from '../sidebar/request';
import { cellsOf, putRuns, type IDocumentContext } from './document';
import { type INotebookRun, placesOf } from './places';
import { isDialogOpen, Saves } from './save';

const DIALOG_MS = 3_000;
// Pages that froze the same card do not save in the same moment.
const SPREAD_MS = 2_000;

export interface IKeeperOptions {
  contents: Contents.IManager;
  settings: ServerConnection.ISettings;
  /** Whether the person lets notebooks be saved with their cards. */
  saves: () => boolean;
}

type Shown = KernelMessage.IMessage & { content: { data?: Record<string, unknown> } };

export class Keeper {
  private asking: Promise<void> | null = null;
  private saving: Promise<void> = Promise.resolve();
  private readonly saves: Saves;

  constructor(
    private readonly context: IDocumentContext,
    private readonly options: IKeeperOptions
  ) {
    this.saves = Saves.of(context, options.contents);
    // The path is known before the file is: ask while it is read.
    const first = this.runs();
    void context.ready.then(() => this.putBack(first));
    context.sessionContext.iopubMessage.connect(this.onIopub, this);
  }

  dispose(): void {
    this.context.sessionContext.iopubMessage.disconnect(this.onIopub, this);
  }

  /** A card was frozen by this page: the kernel's own last word found no cell here. */
  frozen(wasClean: boolean): void {
    setTimeout(() => this.save(wasClean), SPREAD_MS * Math.random());
  }

  /** Whether the page holds nothing that is not in the file. */
  get isClean(): boolean {
    return !this.context.model.dirty;
  }

  private onIopub(_: unknown, received: KernelMessage.IMessage): void {
    const message = received as Shown;
    const kind = message.header.msg_type;
    if ((kind !== 'display_data' && kind !== 'update_display_data') || !message.content.data?.[MIME]) {
      return;
    }
    const ours = this.context.sessionContext.session?.kernel?.clientId;
    const { session } = message.parent_header as { session?: string };
    if (session === ours) {
      this.save(false);
    } else if (kind === 'display_data') {
      // Of a cell that was queued before this page was opened.
      void this.putBack(this.runs());
    }
  }

  private putBack(found: Promise<INotebookRun[]>): Promise<void> {
    this.asking = (this.asking ?? Promise.resolve()).then(async () => {
      const runs = await found;
      const { context } = this;
      if (context.isDisposed) {
        return;
      }
      const saved = Date.parse(context.contentsModel?.last_modified ?? '') / 1000;
      const clean = this.isClean;
      placesOf(cellsOf(context), runs, Number.isNaN(saved) ? 0 : saved).forEach(place =>
        putRuns(context, place)
      );
      if (clean && !this.isClean) {
        // Whoever only looks has changed nothing: no question when the page is left, no autosave.
        context.model.dirty = false;
      }
    });
    return this.asking;
  }

  private async runs(): Promise<INotebookRun[]> {
    const path = encodeURIComponent(this.context.path);
    try {
      const { runs } = await requestApi<{ runs: INotebookRun[] }>(
        `notebook-runs?path=${path}`,
        this.options.settings
      );
      return runs;
    } catch (reason) {
      console.warn('paddle-lab:', reason);
      return [];
    }
  }

  /** One save after the other; `wasClean`: the page may take the file's newer form instead. */
  private save(wasClean: boolean): void {
    if (!this.options.saves()) {
      return;
    }
    this.saving = this.saving
      .then(() => this.saveNow(wasClean))
      .catch(reason => console.warn('paddle-lab:', reason));
  }

  private async saveNow(wasClean: boolean): Promise<void> {
    while (isDialogOpen() && !this.context.isDisposed) {
      await new Promise(resolve => setTimeout(resolve, DIALOG_MS));
    }
    const outcome = await this.saves.quietly();
    if (outcome === 'changed' && wasClean) {
      await this.context.revert();
    }
  }
}
