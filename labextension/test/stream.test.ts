import type { ServerConnection } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';

import { type IListener, type IMessage, type Link, Stream } from '../src/stream';

/** A socket whose other end is the test. */
class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.made.at(-1)!;
  }

  readyState = 0;
  readonly sent: unknown[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: () => void;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

class Page extends EventTarget {
  hidden = false;
}

class Listener implements IListener {
  readonly heard: IMessage[] = [];
  readonly links: Link[] = [];
  message(message: IMessage): void {
    this.heard.push(message);
  }
  link(link: Link): void {
    this.links.push(link);
  }
}

let page: Page;

function stream(settings: object = {}): Stream {
  return new Stream({
    WebSocket: FakeSocket,
    wsUrl: 'ws://lab/user/a/',
    appendToken: true,
    token: 'a b',
    ...settings
  } as unknown as ServerConnection.ISettings);
}

beforeEach(() => {
  page = new Page();
  FakeSocket.made = [];
  vi.useFakeTimers();
  vi.stubGlobal('document', page);
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the connection', () => {
  it('is one for all topics, and none before somebody listens', () => {
    const shared = stream();
    expect(FakeSocket.made).toHaveLength(0);
    shared.subscribe('gpu', new Listener());
    shared.subscribe('run:a', new Listener());
    expect(FakeSocket.made).toHaveLength(1);
  });

  test.each([
    [{}, 'ws://lab/user/a/paddle-lab/stream?token=a%20b'],
    [{ token: '' }, 'ws://lab/user/a/paddle-lab/stream'],
    [{ appendToken: false }, 'ws://lab/user/a/paddle-lab/stream']
  ])('with %o opens %s', (settings, url) => {
    stream(settings).subscribe('gpu', new Listener());
    expect(FakeSocket.last.url).toBe(url);
  });

  it('asks for every topic when it opens, those of before from where they ended', () => {
    const shared = stream();
    shared.subscribe('gpu', new Listener());
    shared.subscribe('run:a', new Listener());
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([
      { op: 'subscribe', topic: 'gpu' },
      { op: 'subscribe', topic: 'run:a' }
    ]);
    FakeSocket.last.say({ topic: 'run:a', type: 'delta', seq: 41 });
    FakeSocket.last.close();
    vi.advanceTimersByTime(2000);
    FakeSocket.last.open();
    expect(FakeSocket.made).toHaveLength(2);
    expect(FakeSocket.last.sent).toEqual([
      { op: 'subscribe', topic: 'gpu' },
      { op: 'subscribe', topic: 'run:a', from: 41 }
    ]);
  });

  it('is tried again and again, at most every two seconds, and says so', () => {
    const listener = new Listener();
    stream().subscribe('gpu', listener);
    FakeSocket.last.open();
    FakeSocket.last.close();
    for (let attempt = 1; attempt <= 10; attempt++) {
      vi.advanceTimersByTime(2000);
      expect(FakeSocket.made).toHaveLength(attempt + 1);
      FakeSocket.last.close();
    }
    vi.advanceTimersByTime(2000);
    FakeSocket.last.open();
    expect(listener.links[0]).toBe('connecting');
    expect(listener.links.at(-1)).toBe('open');
    expect(listener.links.filter(link => link === 'lost')).toHaveLength(11);
  });

  it('closes some seconds after the last listener left, and does not come back', () => {
    const shared = stream();
    const subscription = shared.subscribe('gpu', new Listener());
    const socket = FakeSocket.last;
    socket.open();
    subscription.dispose();
    expect(socket.sent.at(-1)).toEqual({ op: 'unsubscribe', topic: 'gpu' });
    expect(socket.readyState).toBe(FakeSocket.OPEN);
    vi.advanceTimersByTime(60_000);
    expect(socket.readyState).toBe(3);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it('stays when somebody listens again in time', () => {
    const shared = stream();
    const subscription = shared.subscribe('gpu', new Listener());
    FakeSocket.last.open();
    subscription.dispose();
    vi.advanceTimersByTime(1000);
    shared.subscribe('gpu', new Listener());
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.last.readyState).toBe(FakeSocket.OPEN);
  });

  it('tells the server when the page is hidden, also of a page that was before', () => {
    stream().subscribe('gpu', new Listener());
    page.hidden = true;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSocket.last.sent).toEqual([]);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent[0]).toEqual({ op: 'visible', value: false });
    page.hidden = false;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(FakeSocket.last.sent.at(-1)).toEqual({ op: 'visible', value: true });
  });
});

describe('messages', () => {
  it('reach the listeners of their topic, and nobody else', () => {
    const shared = stream();
    const [gpu, also, run] = [new Listener(), new Listener(), new Listener()];
    shared.subscribe('gpu', gpu);
    shared.subscribe('gpu', also);
    shared.subscribe('run:a', run);
    FakeSocket.last.open();
    FakeSocket.last.say({ topic: 'gpu', type: 'delta', seq: 1 });
    FakeSocket.last.say({ topic: 'nobody', type: 'delta', seq: 1 });
    expect([gpu.heard.length, also.heard.length, run.heard.length]).toEqual([1, 1, 0]);
  });

  it('reach the others when one listener fails', () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const shared = stream();
    const other = new Listener();
    shared.subscribe('gpu', {
      message: () => {
        throw new Error('broken view');
      }
    });
    shared.subscribe('gpu', other);
    FakeSocket.last.open();
    FakeSocket.last.say({ topic: 'gpu', type: 'delta' });
    expect(other.heard).toHaveLength(1);
    expect(logged).toHaveBeenCalledOnce();
  });

  it('stop for a listener that left while others stay', () => {
    const shared = stream();
    const [gone, stays] = [new Listener(), new Listener()];
    const subscription = shared.subscribe('gpu', gone);
    shared.subscribe('gpu', stays);
    FakeSocket.last.open();
    const asked = FakeSocket.last.sent.length;
    subscription.dispose();
    FakeSocket.last.say({ topic: 'gpu', type: 'delta' });
    expect([gone.heard.length, stays.heard.length]).toEqual([0, 1]);
    expect(FakeSocket.last.sent).toHaveLength(asked);
  });

  it('are asked for anew by a refresh, from the start', () => {
    const shared = stream();
    shared.subscribe('run:a', new Listener());
    FakeSocket.last.open();
    FakeSocket.last.say({ topic: 'run:a', type: 'delta', seq: 9 });
    shared.refresh('run:a');
    expect(FakeSocket.last.sent.at(-1)).toEqual({ op: 'subscribe', topic: 'run:a' });
  });
});
