import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

/** What the server says on a topic; further members depend on the topic. */
export interface IMessage {
  topic: string;
  type: string;
  seq?: number;
  /** Why, for `gone` and `error`. */
  reason?: string;
}

export type Link = 'connecting' | 'open' | 'lost';

/** Somebody who listens to a topic. */
export interface IListener {
  message(message: IMessage): void;
  /** The state of the connection changed. */
  link?(link: Link): void;
}

/** The one socket of this browser tab, shared by all that listen to the server. */
export interface IStream {
  /** Listen to a topic (`run:<id>`, `gpu`, …) until the result is disposed. */
  subscribe(topic: string, listener: IListener): IDisposable;
  /** Ask for a topic's snapshot anew, after a gap. */
  refresh(topic: string): void;
  /** Be told also while the page is hidden: its title is read then, too. */
  stayAwake?(awake: boolean): void;
}

export const IStream = new Token<IStream>(
  'paddle-lab:IStream',
  'The one socket between this browser tab and the Paddle Lab server extension.'
);

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 1_500;
const LINGER_MS = 5_000;

interface ISubscription {
  listeners: Set<IListener>;
  seq: number | undefined;
}

/**
 * Opens with the first listener, closes some seconds after the last, and reconnects by itself; a
 * topic then goes on after the last message it brought. A hidden tab is told nothing.
 */
export class Stream implements IStream {
  private readonly topics = new Map<string, ISubscription>();
  private socket: WebSocket | null = null;
  private retryMs = FIRST_RETRY_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private link: Link = 'connecting';
  private awake = false;
  private toldVisible = true;

  constructor(private readonly settings: ServerConnection.ISettings) {
    document.addEventListener('visibilitychange', () => this.tellVisible());
  }

  stayAwake(awake: boolean): void {
    if (awake !== this.awake) {
      this.awake = awake;
      this.tellVisible();
    }
  }

  private tellVisible(): void {
    const visible = this.awake || !document.hidden;
    if (visible !== this.toldVisible) {
      this.toldVisible = visible;
      this.send({ op: 'visible', value: visible });
    }
  }

  subscribe(topic: string, listener: IListener): IDisposable {
    const subscription = this.topics.get(topic) ?? { listeners: new Set(), seq: undefined };
    this.topics.set(topic, subscription);
    subscription.listeners.add(listener);
    listener.link?.(this.link);
    this.connect();
    this.refresh(topic);
    return new DisposableDelegate(() => this.unsubscribe(topic, listener));
  }

  refresh(topic: string): void {
    this.send({ op: 'subscribe', topic });
  }

  private unsubscribe(topic: string, listener: IListener): void {
    const subscription = this.topics.get(topic);
    subscription?.listeners.delete(listener);
    if (subscription?.listeners.size !== 0) {
      return;
    }
    this.topics.delete(topic);
    this.send({ op: 'unsubscribe', topic });
    setTimeout(() => {
      if (this.topics.size === 0) {
        this.socket?.close();
      }
    }, LINGER_MS);
  }

  private connect(): void {
    if (this.socket || this.timer !== undefined) {
      return;
    }
    const socket = new this.settings.WebSocket(this.url());
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = event => this.received(String(event.data));
    socket.onclose = () => this.closed();
  }

  private url(): string {
    const url = URLExt.join(this.settings.wsUrl, 'paddle-lab', 'stream');
    const token = this.settings.appendToken ? this.settings.token : '';
    return token ? `${url}?token=${encodeURIComponent(token)}` : url;
  }

  private opened(): void {
    this.retryMs = FIRST_RETRY_MS;
    this.tell('open');
    this.toldVisible = true;
    this.tellVisible();
    for (const [topic, { seq }] of this.topics) {
      this.send({ op: 'subscribe', topic, ...(seq === undefined ? {} : { from: seq }) });
    }
  }

  private received(line: string): void {
    const message = JSON.parse(line) as IMessage;
    const subscription = this.topics.get(message.topic);
    if (!subscription) {
      return;
    }
    subscription.seq = message.seq ?? subscription.seq;
    for (const listener of [...subscription.listeners]) {
      try {
        listener.message(message);
      } catch (error) {
        // One view that fails must not silence the others.
        console.error('paddle-lab:', error);
      }
    }
  }

  private closed(): void {
    this.socket = null;
    if (this.topics.size === 0) {
      return;
    }
    this.tell('lost');
    const wait = this.retryMs * (0.75 + Math.random() / 2);
    this.retryMs = Math.min(LAST_RETRY_MS, 2 * this.retryMs);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.topics.size > 0) {
        this.connect();
      }
    }, wait);
  }

  private tell(link: Link): void {
    this.link = link;
    for (const { listeners } of this.topics.values()) {
      listeners.forEach(listener => listener.link?.(link));
    }
  }

  private send(request: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(request));
    }
  }
}
