// The comm between a finished card and the kernel of the notebook that it stands in.

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import type { Ask, GetRow, Keep, TrialReply } from './trialMessages';

const TARGET = 'paddle_lab.trial';
const BUSY_AFTER_MS = 1200;

/**
 * `none`: the notebook has no kernel. `asking`: the kernel was asked and has not answered, `busy`:
 * since it runs a cell. `open`: it answers. `absent`: it does not know Paddle Lab.
 */
export type LinkState = 'none' | 'asking' | 'busy' | 'open' | 'absent';

export interface IKernelListener {
  state(state: LinkState): void;
  reply(reply: TrialReply): void;
}

/** Finds the kernel of the notebook around `host`, and opens a comm about one run. */
export class KernelLink implements IDisposable {
  private session: ISessionContext | null = null;
  private comm: Kernel.IComm | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private now: LinkState = 'none';
  isDisposed = false;

  constructor(
    private readonly host: Widget,
    private readonly runId: string,
    private readonly listener: IKernelListener
  ) {}

  /** Look for the kernel, and ask it; again after it was restarted or has loaded Paddle Lab. */
  connect(): void {
    this.leave();
    this.follow(sessionOf(this.host));
    const kernel = this.session?.session?.kernel ?? null;
    if (!kernel || kernel.status === 'dead' || !kernel.handleComms) {
      this.become('none');
      return;
    }
    const comm = (this.comm = kernel.createComm(TARGET));
    comm.onMsg = message => {
      if (this.comm === comm) {
        this.become('open');
        this.listener.reply(message.content.data as unknown as TrialReply);
      }
    };
    comm.onClose = () => {
      if (this.comm === comm) {
        this.comm = null;
        this.become('absent');
      }
    };
    this.become('asking');
    this.timer = setTimeout(() => this.become(this.now === 'asking' ? 'busy' : this.now), BUSY_AFTER_MS);
    comm.open({ op: 'hello', run_id: this.runId });
  }

  /** Send a request; false when there is nobody to hear it. */
  send(request: Ask | GetRow | Keep): boolean {
    if (this.now !== 'open' || !this.comm) {
      return false;
    }
    this.comm.send(request as unknown as KernelMessage.ICommMsgMsg['content']['data']);
    return true;
  }

  dispose(): void {
    this.isDisposed = true;
    this.follow(null);
    this.leave();
  }

  private become(state: LinkState): void {
    this.now = state;
    if (state !== 'asking') {
      clearTimeout(this.timer);
    }
    if (!this.isDisposed) {
      this.listener.state(state);
    }
  }

  private leave(): void {
    clearTimeout(this.timer);
    const { comm } = this;
    this.comm = null;
    if (comm && !comm.isDisposed) {
      comm.dispose();
    }
  }

  private follow(session: ISessionContext | null): void {
    if (this.session === session) {
      return;
    }
    this.session?.kernelChanged.disconnect(this.reconnect, this);
    this.session?.statusChanged.disconnect(this.onStatus, this);
    this.session = session;
    session?.kernelChanged.connect(this.reconnect, this);
    session?.statusChanged.connect(this.onStatus, this);
  }

  private reconnect(): void {
    this.connect();
  }

  private onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this.leave();
      this.become('absent');
    } else if (status === 'dead' || status === 'terminating') {
      this.leave();
      this.become('none');
    } else if (status === 'idle' && this.now === 'none') {
      this.connect();
    }
  }
}

/** The session of the notebook that a widget stands in; null where it stands in none. */
function sessionOf(host: Widget): ISessionContext | null {
  for (let widget: Widget | null = host; widget; widget = widget.parent) {
    const found = (widget as Partial<{ sessionContext: ISessionContext }>).sessionContext;
    if (found) {
      return found;
    }
  }
  return null;
}
