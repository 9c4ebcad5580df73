/** What a person can do from the sidebar. Only Jupyter's own means; nothing happens unasked. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { ServiceManager } from '@jupyterlab/services';
import { KernelAPI } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Menu } from '@lumino/widgets';

import { FreeTheMost, confirmBody } from './dialogs';
import { gibOfBytes } from './format';
import { freeCachedMemory } from './freeCached';
import type { SidebarModel } from './model';
import { runInNotebook } from './cells';
import { isUnsaved } from './notebooks';
import { messageOf, requestApi } from './request';
import type * as wire from './messages';

/** Of the run pages' plugin. */
const OPEN_RUN = 'paddle-lab:open-run';
const SHOW_RUNS = 'paddle-lab:show-runs';

/** What a live run can be asked; `discard`: to stop, and to make nothing more. */
export type Ask = 'stop' | 'discard' | 'pause' | 'resume';

/** The actions; each reports its failure to the person and to nobody else. */
export class Actions {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _model: SidebarModel,
    private readonly _trans: TranslationBundle,
    private readonly _language: 'en' | 'zh',
    private readonly _showRun: (run: wire.Run) => Promise<void>
  ) {}

  /** Show a run's card in its notebook, or the run in the panel where it has none. */
  async showRun(run: wire.Run): Promise<void> {
    await this._try(this._trans.__('The notebook could not be opened'), () => this._showRun(run));
  }

  private get _services(): ServiceManager.IManager {
    return this._app.serviceManager;
  }

  /** Open a notebook named relative to the server's folder. */
  openNotebook(path: string | null): void {
    if (path) {
      void this._app.commands.execute('docmanager:open', { path });
    }
  }

  /** Open the page of a run. */
  openRun(run: wire.Run): void {
    void this._app.commands.execute(OPEN_RUN, { id: run.id, name: run.name });
  }

  /** The menu of runs above a button of the status bar, which gets the focus back. */
  showMenu(runs: wire.Run[], button: HTMLElement): void {
    const { commands } = this._app;
    const menu = new Menu({ commands });
    for (const { id, name } of runs) {
      menu.addItem({ command: OPEN_RUN, args: { id, name } });
    }
    menu.addItem({ command: SHOW_RUNS });
    menu.aboutToClose.connect(() => button.focus());
    const { left, top } = button.getBoundingClientRect();
    menu.open(left, top);
  }

  /** Open the page of all runs. */
  openRuns(): void {
    void this._app.commands.execute(SHOW_RUNS);
  }

  /** Show a run's folder in the file browser. */
  openFolder(path: string | null): void {
    if (path && this.canOpenFolders) {
      void this._app.commands.execute('filebrowser:open-path', { path });
    }
  }

  /** Owners and runs of this moment, also while the panel is closed and is told of neither. */
  now(): Promise<wire.Now> {
    return this._request<wire.Now>('snapshot');
  }

  /** Whether a folder can be shown here; Notebook 7 has no file browser beside a notebook. */
  get canOpenFolders(): boolean {
    return this._app.commands.hasCommand('filebrowser:open-path');
  }

  /** Give Paddle's unused memory back, in a kernel that is idle now. */
  async freeCached(owner: wire.Owner): Promise<void> {
    const trans = this._trans;
    await this._try(trans.__('The memory could not be freed'), async () => {
      const freed = await freeCachedMemory(this._services, owner.kernel ?? '');
      if (freed === 'busy') {
        Notification.warning(trans.__('%1 is busy now; its memory was left alone.', owner.name));
      } else if (freed === 'no-paddle') {
        Notification.info(trans.__('%1 has not imported Paddle on a GPU; nothing to free.', owner.name));
      } else {
        Notification.success(trans.__('%1: %2 GiB freed.', owner.name, gibOfBytes(freed)), { autoClose: 5000 });
      }
    });
  }

  /** Interrupt what the kernel does now; its memory stays. */
  async interrupt(owner: wire.Owner): Promise<void> {
    await this._try(this._trans.__('The kernel could not be interrupted'), () =>
      KernelAPI.interruptKernel(owner.kernel ?? '', this._services.serverSettings)
    );
  }

  /** Shut a kernel down, after a question that names what will be lost. */
  async shutDown(owner: wire.Owner): Promise<void> {
    const trans = this._trans;
    const answer = await showDialog({
      title: trans.__('Shut down the kernel?'),
      body: confirmBody(owner, isUnsaved(this._app, owner.path), trans),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: trans.__('Shut down') })
      ],
      defaultButton: 0
    });
    if (answer.button.accept) {
      await this._shutDownNow(owner);
    }
  }

  private async _shutDownNow(owner: wire.Owner): Promise<void> {
    await this._try(this._trans.__('The kernel could not be shut down'), async () => {
      if (owner.session) {
        await this._services.sessions.shutdown(owner.session);
      } else if (owner.kernel) {
        await this._services.kernels.shutdown(owner.kernel);
      }
    });
  }

  /** Offer the idle notebooks that hold most, longest idle first among equals. */
  async freeTheMost(): Promise<void> {
    const title = this._trans.__('The memory could not be freed');
    await this._try(title, async () => this._offerToFree((await this.now()).owners));
  }

  private async _offerToFree(owners: wire.Owner[]): Promise<void> {
    const trans = this._trans;
    const idle = owners
      .filter(owner => owner.kernel && owner.state === 'idle')
      .sort((a, b) => b.total - a.total || (a.last_activity ?? 0) - (b.last_activity ?? 0));
    if (!idle.length) {
      await showDialog({
        title: trans.__('Free GPU memory'),
        body: trans.__('No idle notebook holds GPU memory. Interrupt or stop a busy one first.'),
        buttons: [Dialog.okButton({ label: trans.__('OK') })]
      });
      return;
    }
    const body = new FreeTheMost(idle, trans, this._language);
    const answer = await showDialog({
      title: trans.__('Free GPU memory'),
      body,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Free cached memory') }),
        Dialog.warnButton({ label: trans.__('Shut down…') })
      ],
      defaultButton: 1
    });
    if (!answer.button.accept) {
      return;
    }
    for (const owner of body.chosen) {
      await (answer.button.displayType === 'warn' ? this.shutDown(owner) : this.freeCached(owner));
    }
  }

  /** End a service; what it has begun is answered first. */
  async stopService(owner: wire.Owner): Promise<void> {
    await this._try(this._trans.__('Stop the service of %1', owner.name), () =>
      this._request(`services/${owner.key.slice(8)}`, { method: 'DELETE' })
    );
  }

  /** Ask a live run; that it stops is shown at once, until the run itself says how it stands. */
  async askRun(run: wire.Run, ask: Ask): Promise<void> {
    const discard = ask === 'discard';
    if (discard || ask === 'stop') {
      this._model.takeRuns({ type: 'delta', runs: [{ id: run.id, stopping: discard ? 'discard' : 'step' }] });
    }
    await this._try(this._trans.__('The run could not be asked'), () =>
      this._request(`runs/${encodeURIComponent(run.id)}/requests`, {
        method: 'POST',
        body: JSON.stringify({ ask: discard ? 'stop' : ask, when: 'step', save: !discard })
      }).catch((error: unknown) => {
        this._model.takeRuns({ type: 'delta', runs: [{ id: run.id, stopping: run.stopping }] });
        throw error;
      })
    );
  }

  /** Let a waiting run come one place nearer to its turn; the queue itself tells where it stands then. */
  async moveUp(run: wire.Run): Promise<void> {
    await this._try(this._trans.__('The run could not be asked'), () =>
      this._request(`runs/${encodeURIComponent(run.id)}/earlier`, { method: 'POST' })
    );
  }

  /** Run the resuming command in a new cell of the run's notebook. */
  async resumeEnded(run: wire.Run): Promise<void> {
    const trans = this._trans;
    const source = run.resume ?? '';
    await this._try(trans.__('The notebook could not be opened'), async () => {
      if (await runInNotebook(this._app, run.path, source)) {
        return;
      }
      await showDialog({
        title: trans.__('Resume %1', run.name),
        body: trans.__('Run this in a notebook: %1', source),
        buttons: [Dialog.okButton({ label: trans.__('OK') })]
      });
    });
  }

  /** A small notebook that fine-tunes and predicts. */
  newNotebook(): void {
    void this._app.commands.execute('paddle-lab:new-notebook');
  }

  /** The page of the environment check. */
  openDoctor(): void {
    void this._app.commands.execute('paddle-lab:open-doctor');
  }

  /** The past of all GPUs. */
  history(range: string, points: number): Promise<wire.History> {
    return this._request<wire.History>(`history?range=${range}&points=${points}`);
  }

  /** The environment doctor's light. */
  doctor(again: boolean): Promise<wire.DoctorLight> {
    return this._request<wire.DoctorLight>(`doctor${again ? '?again=1' : ''}`);
  }

  /** Copy what a teacher or a bug report needs. */
  async copyDiagnostics(): Promise<void> {
    const trans = this._trans;
    await this._try(trans.__('The diagnostics could not be copied'), async () => {
      const { text } = await this._request<{ text: string }>('diagnostics');
      const page = `${navigator.userAgent}\n${this._app.name} ${this._app.version}, ${this._model.connection}`;
      await navigator.clipboard.writeText(`${text}\n${page}\n`);
      Notification.success(trans.__('Diagnostics copied.'), { autoClose: 3000 });
    });
  }

  /** Show these GPUs from now on; empty means the machine's own. */
  async chooseGpus(setting: string): Promise<void> {
    await this._try(this._trans.__('The GPUs could not be changed'), () => this._putGpus(setting));
  }

  /** Ask for the GPUs of the settings; no dialog at each start where the administrator chose others. */
  async applyGpus(setting: string): Promise<void> {
    try {
      await this._putGpus(setting);
    } catch (error) {
      const why = messageOf(error);
      Notification.warning(this._trans.__('The GPUs of your settings are not shown: %1', why), { autoClose: 8000 });
    }
  }

  private _putGpus(setting: string): Promise<unknown> {
    return this._request('gpus', { method: 'PUT', body: JSON.stringify({ gpus: setting || 'auto' }) });
  }

  private _request<T>(path: string, init: RequestInit = {}): Promise<T> {
    return requestApi<T>(path, this._services.serverSettings, init);
  }

  private async _try(title: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await showErrorMessage(title, error instanceof Error ? error : String(error));
    }
  }
}
