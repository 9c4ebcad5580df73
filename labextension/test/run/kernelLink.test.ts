import type { Widget } from '@lumino/widgets';
import { describe, expect, it, vi } from 'vitest';

import { KernelLink, type LinkState } from '../../src/run/kernelLink';

interface IFakeComm {
  sent: unknown[];
  onMsg?: (message: object) => void;
  onClose?: () => void;
  isDisposed: boolean;
  open: (data: unknown) => void;
  send: (data: unknown) => void;
  dispose: () => void;
}

/** A notebook with a kernel, as far as the link looks at it. */
class Notebook {
  readonly comms: IFakeComm[] = [];
  private readonly heard: Record<string, [(...given: unknown[]) => void, unknown][]> = {};
  kernel: object | null = { status: 'idle', handleComms: true, createComm: () => this.comm() };
  readonly sessionContext = {
    session: { kernel: this.kernel },
    kernelChanged: this.signal('kernel'),
    statusChanged: this.signal('status')
  };

  private signal(name: string) {
    const heard = (this.heard[name] = [] as [(...given: unknown[]) => void, unknown][]);
    return {
      connect: (slot: (...given: unknown[]) => void, self: unknown) => heard.push([slot, self]),
      disconnect: (slot: unknown) => heard.splice(0, heard.length, ...heard.filter(([other]) => other !== slot))
    };
  }

  emit(name: string, value: unknown): void {
    [...(this.heard[name] ?? [])].forEach(([slot, self]) => slot.call(self, null, value));
  }

  listeners(): number {
    return Object.values(this.heard).reduce((sum, list) => sum + list.length, 0);
  }

  private comm(): IFakeComm {
    const comm: IFakeComm = {
      sent: [],
      isDisposed: false,
      open: data => comm.sent.push(data),
      send: data => comm.sent.push(data),
      dispose: () => (comm.isDisposed = true)
    };
    this.comms.push(comm);
    return comm;
  }
}

function linked(notebook: Notebook | null) {
  const states: LinkState[] = [];
  const replies: unknown[] = [];
  const host = { parent: { parent: notebook } } as unknown as Widget;
  const link = new KernelLink(host, 'a1b2c3', {
    state: state => states.push(state),
    reply: reply => replies.push(reply)
  });
  link.connect();
  return { link, states, replies };
}

describe('the link of a card to its kernel', () => {
  it('asks about the run, and passes on what is answered', () => {
    const notebook = new Notebook();
    const { link, states, replies } = linked(notebook);
    const [comm] = notebook.comms;
    expect(comm?.sent).toEqual([{ op: 'hello', run_id: 'a1b2c3' }]);
    expect(link.send({ op: 'row', id: 1, row: 2 })).toBe(false);
    comm?.onMsg?.({ content: { data: { type: 'ready' } } });
    expect(states).toEqual(['asking', 'open']);
    expect(replies).toEqual([{ type: 'ready' }]);
    expect(link.send({ op: 'row', id: 1, row: 2 })).toBe(true);
    expect(comm?.sent).toHaveLength(2);
    link.dispose();
    expect(notebook.listeners()).toBe(0);
  });

  it('says that there is no kernel, or no notebook', () => {
    expect(linked(null).states).toEqual(['none']);
    const notebook = new Notebook();
    (notebook.sessionContext.session as { kernel: object | null }).kernel = null;
    expect(linked(notebook).states).toEqual(['none']);
  });

  it('says that a kernel does not know Paddle Lab, and asks again when it is told to', () => {
    const notebook = new Notebook();
    const { link, states } = linked(notebook);
    notebook.comms[0]?.onClose?.();
    expect(states.at(-1)).toBe('absent');
    link.connect();
    expect(notebook.comms).toHaveLength(2);
    link.dispose();
  });

  it('forgets a kernel that is restarted, and hears nothing of its old comm', () => {
    const notebook = new Notebook();
    const { link, states, replies } = linked(notebook);
    notebook.comms[0]?.onMsg?.({ content: { data: { type: 'ready' } } });
    notebook.emit('status', 'restarting');
    expect(states.at(-1)).toBe('absent');
    notebook.comms[0]?.onMsg?.({ content: { data: { type: 'late' } } });
    expect(replies).toHaveLength(1);
    link.dispose();
  });

  it('asks another kernel when the notebook gets one', () => {
    const notebook = new Notebook();
    const { link, states } = linked(notebook);
    notebook.emit('kernel', {});
    expect(notebook.comms).toHaveLength(2);
    expect(notebook.comms[0]?.isDisposed).toBe(true);
    expect(states.at(-1)).toBe('asking');
    link.dispose();
  });

  it('says that a busy kernel will answer', () => {
    vi.useFakeTimers();
    const { link, states } = linked(new Notebook());
    vi.advanceTimersByTime(5000);
    expect(states).toEqual(['asking', 'busy']);
    link.dispose();
    vi.useRealTimers();
  });
});
