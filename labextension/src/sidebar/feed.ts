/** Connects the stream to the model while somebody looks: the panel, or the status item. */

import { ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';

import type { IMessage, IStream, Link } from '../stream';
import type { Connection, SidebarModel } from './model';
import { RequestError, requestApi } from './request';
import type * as wire from './messages';

/** Who looks now. The panel needs everything; status item, warnings and running panel need less. */
export type Watcher = 'panel' | 'status' | 'progress';

const TOPICS: { [watcher in Watcher]: string[] } = {
  panel: ['gpu', 'owners', 'runs', 'alerts'],
  status: ['gpu', 'runs', 'alerts'],
  progress: ['runs']
};

/** A listener for each topic hears of each failed attempt, about one every 1.5 s. */
const ASK_WHY_EVERY = 16;

const REASONS: { [status: number]: Connection } = { 401: 'refused', 403: 'refused', 404: 'missing' };

/** Subscribes to what the watchers of now need, and to nothing else. */
export class Feed {
  constructor(
    private readonly _stream: IStream,
    private readonly _model: SidebarModel,
    private readonly _settings: ServerConnection.ISettings
  ) {}

  /** Somebody begins to look, or looks away. */
  watch(watcher: Watcher, looks: boolean): void {
    if (looks) {
      this._watchers.add(watcher);
    } else {
      this._watchers.delete(watcher);
    }
    const wanted = new Set([...this._watchers].flatMap(name => TOPICS[name]));
    for (const [topic, subscription] of [...this._subscriptions]) {
      if (!wanted.has(topic)) {
        subscription.dispose();
        this._subscriptions.delete(topic);
      }
    }
    for (const topic of wanted) {
      if (!this._subscriptions.has(topic)) {
        this._subscriptions.set(topic, this._stream.subscribe(topic, this._listener));
      }
    }
  }

  /** PCIe and NVLink of one GPU while its row is open. */
  watchLinks(position: number): () => void {
    const subscription = this._stream.subscribe(`links:${position}`, { message: () => undefined });
    return () => subscription.dispose();
  }

  private _hear(message: IMessage): void {
    const content = message as unknown;
    if (message.type === 'gone' || message.type === 'error') {
      // A server that does not know the topic is older than the page.
      this._model.setConnection(message.type === 'gone' ? 'missing' : 'failed');
      return;
    }
    this._model.setConnection('open');
    if (message.topic === 'gpu') {
      this._model.takeGpu(content as wire.GpuDelta);
    } else if (message.topic === 'owners') {
      this._model.takeOwners(content as wire.Owners);
    } else if (message.topic === 'runs') {
      this._model.takeRuns(content as { type: string; runs: wire.RunNews[]; gone?: string[] });
    } else if (message.topic === 'alerts') {
      this._model.takeAlerts(content as { type: string; alerts?: wire.Alert[]; new?: wire.Alert[]; over?: string[] });
    }
  }

  private _onLink(link: Link): void {
    this._link = link;
    if (link !== 'lost') {
      this._failures = 0;
      this._model.setConnection(link);
    } else if (this._failures++ % ASK_WHY_EVERY === 0) {
      // Again now and then: a server that comes back may refuse what it allowed before.
      void this._explain();
    }
  }

  /** A socket does not say why it was refused; a route of the same server does. */
  private async _explain(): Promise<void> {
    let reason: Connection = 'lost';
    try {
      await requestApi('gpus', this._settings);
    } catch (error) {
      reason = error instanceof RequestError ? REASONS[error.status] ?? 'lost' : 'lost';
    }
    if (this._link === 'lost') {
      this._model.setConnection(reason);
    }
  }

  private readonly _listener = {
    message: (message: IMessage): void => this._hear(message),
    link: (link: Link): void => this._onLink(link)
  };
  private readonly _watchers = new Set<Watcher>();
  private readonly _subscriptions = new Map<string, IDisposable>();
  private _link: Link = 'connecting';
  private _failures = 0;
}
