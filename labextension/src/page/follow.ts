// One run followed through the server's own stream, as cards follow it.

import type { IDisposable } from '@lumino/disposable';

import { type RunMessage, RunStore, type Snapshot } from '../run/state';
import type { IListener, IMessage, IStream, Link } from '../stream';

export interface IFollower {
  /** The run as it is now. */
  update(snapshot: Snapshot): void;
  /** The connection, or the folder, is not well; null when all is. */
  trouble(what: 'connecting' | 'lost' | 'gone' | 'unreadable' | null, reason: string): void;
}

/** Follow a run until the result is disposed. */
export function followRun(stream: IStream, id: string, follower: IFollower): IDisposable {
  const store = new RunStore();
  const listener: IListener = {
    message: (message: IMessage) => {
      if (message.type === 'gone') {
        follower.trouble('gone', '');
      } else if (message.type === 'error') {
        follower.trouble('unreadable', message.reason ?? '');
      }
      if (message.type !== 'snapshot' && message.type !== 'delta') {
        return;
      }
      if (!store.apply(message as unknown as RunMessage)) {
        stream.refresh(message.topic);
        return;
      }
      if (store.snapshot) {
        follower.trouble(null, '');
        follower.update(store.snapshot);
      }
    },
    link: (link: Link) => {
      if (link === 'open') {
        follower.trouble(store.snapshot ? null : 'connecting', '');
      } else {
        follower.trouble(link, '');
      }
    }
  };
  return stream.subscribe(`run:${id}`, listener);
}
