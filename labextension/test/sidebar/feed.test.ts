import { ServerConnection } from '@jupyterlab/services';
import { DisposableDelegate } from '@lumino/disposable';
import { beforeEach, describe, expect, it, test, vi } from 'vitest';

import { Feed } from '../../src/sidebar/feed';
import { type Connection, SidebarModel } from '../../src/sidebar/model';
import type { IListener, IStream } from '../../src/stream';

/** The stream as the feed sees it, with the server's part played by the test. */
class FakeStream implements IStream {
  readonly listeners = new Map<string, IListener>();

  subscribe(topic: string, listener: IListener): DisposableDelegate {
    this.listeners.set(topic, listener);
    return new DisposableDelegate(() => this.listeners.delete(topic));
  }

  refresh(): void {
    // The feed never asks.
  }

  get topics(): string[] {
    return [...this.listeners.keys()].sort();
  }

  say(topic: string, content: object): void {
    this.listeners.get(topic)?.message({ topic, type: 'delta', ...content });
  }

  lose(): void {
    this.listeners.get('gpu')?.link?.('lost');
  }
}

/** What the server's routes answer while its socket is refused. */
let answer: () => Promise<Response>;
let asked: number;
let stream: FakeStream;
let model: SidebarModel;
let feed: Feed;

beforeEach(() => {
  asked = 0;
  stream = new FakeStream();
  model = new SidebarModel();
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://lab/',
    wsUrl: 'ws://lab/',
    fetch: () => {
      asked += 1;
      return answer();
    }
  });
  feed = new Feed(stream, model, settings);
});

const PANEL = ['alerts', 'gpu', 'owners', 'runs'];
const STATUS = ['alerts', 'gpu', 'runs'];

describe('what the feed listens to', () => {
  test.each<{ name: string; looks: ['panel' | 'status', boolean][]; topics: string[] }>([
    { name: 'nobody looks', looks: [], topics: [] },
    { name: 'the panel', looks: [['panel', true]], topics: PANEL },
    { name: 'the status item', looks: [['status', true]], topics: STATUS },
    { name: 'both', looks: [['status', true], ['panel', true]], topics: PANEL },
    { name: 'the panel was closed', looks: [['status', true], ['panel', true], ['panel', false]], topics: STATUS },
    { name: 'all looked away', looks: [['panel', true], ['panel', false]], topics: [] }
  ])('$name', ({ looks, topics }) => {
    looks.forEach(([watcher, looking]) => feed.watch(watcher, looking));
    expect(stream.topics).toEqual(topics);
  });

  it('is the links of a GPU while its row is open', () => {
    const close = feed.watchLinks(3);
    expect(stream.topics).toEqual(['links:3']);
    close();
    expect(stream.topics).toEqual([]);
  });
});

describe('what the model learns', () => {
  beforeEach(() => feed.watch('panel', true));

  it('the runs, then what changed of them', () => {
    stream.say('runs', { type: 'snapshot', runs: [{ id: 'a', step: 1, loss: 1 }, { id: 'b' }] });
    stream.say('runs', { runs: [{ id: 'a', step: 2, loss: 0.5 }], gone: ['b'] });
    expect(model.runs).toEqual([{ id: 'a', step: 2, loss: 0.5 }]);
    expect(model.runsReady).toBe(true);
  });

  it('the owners of memory', () => {
    stream.say('owners', { owners: [{ key: 'kernel:1' }], notes: [] });
    expect(model.owners).toEqual([{ key: 'kernel:1' }]);
  });

  it('warnings that begin and end', () => {
    stream.say('alerts', { type: 'snapshot', alerts: [{ key: 'hot' }] });
    stream.say('alerts', { new: [{ key: 'full' }], over: ['hot'] });
    expect([...model.alerts.keys()]).toEqual(['full']);
  });

  test.each<[string, Connection]>([
    ['gone', 'missing'],
    ['error', 'failed']
  ])('%s: the connection is %s', (type, connection) => {
    stream.say('gpu', { type });
    expect(model.connection).toBe(connection);
  });

  it('that the connection works, by any message', () => {
    stream.say('gpu', { type: 'error' });
    stream.say('runs', { type: 'snapshot', runs: [] });
    expect(model.connection).toBe('open');
  });
});

describe('why a connection is lost', () => {
  const status = (code: number) => () => Promise.resolve(new Response('{}', { status: code }));
  const unreachable = () => Promise.reject(new TypeError('network'));

  beforeEach(() => feed.watch('panel', true));

  test.each<{ name: string; answers: () => Promise<Response>; connection: Connection }>([
    { name: 'not allowed', answers: status(403), connection: 'refused' },
    { name: 'not logged in', answers: status(401), connection: 'refused' },
    { name: 'no server extension', answers: status(404), connection: 'missing' },
    { name: 'a fault of the server', answers: status(500), connection: 'lost' },
    { name: 'no server', answers: unreachable, connection: 'lost' },
    { name: 'the server is there', answers: status(200), connection: 'lost' }
  ])('$name: $connection', async ({ answers, connection }) => {
    answer = answers;
    stream.lose();
    await vi.waitFor(() => expect(model.connection).toBe(connection));
  });

  it('is asked at once, then only now and then', () => {
    answer = unreachable;
    for (let failure = 0; failure < 33; failure++) {
      stream.lose();
    }
    expect(asked).toBe(3);
  });

  it('matters no more when it is back before the answer', async () => {
    let reply: (response: Response) => void = () => undefined;
    answer = () => new Promise(resolve => (reply = resolve));
    stream.lose();
    stream.listeners.get('gpu')?.link?.('open');
    reply(new Response('{}', { status: 403 }));
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(model.connection).toBe('open');
  });
});
