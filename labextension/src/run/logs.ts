// The logs of a run of several processes. The first one's comes with the run; those of the others are
// fetched when somebody looks at the tab.

export interface ILogs {
  /** Of the other processes and machines: `rank-1`, `machine-1`. */
  names: readonly string[];
  /** The last lines of the log that was asked for. */
  lines: readonly string[];
}

const AGAIN_MS = 2_000;

/** Whose log is shown. Asks with `read`; `changed` is told of what came. */
export class Logs {
  names: ILogs['names'] = [];
  lines: ILogs['lines'] = [];
  /** Empty: the first process. */
  chosen = '';
  /** The control that chooses, kept while the log grows below it. */
  control: HTMLElement | null = null;
  private state = '';
  private asked = 0;

  constructor(
    private readonly read: (name: string) => Promise<ILogs>,
    private readonly changed: () => void
  ) {}

  choose(name: string): void {
    this.chosen = name;
    this.lines = [];
    this.changed();
    void this.look();
  }

  /** The tab is seen. What is new is asked for when the run's state changed, and while it works. */
  seen(state: string, live: boolean): void {
    if (state !== this.state || (live && this.chosen && Date.now() - this.asked >= AGAIN_MS)) {
      this.state = state;
      void this.look();
    }
  }

  private async look(): Promise<void> {
    const { chosen } = this;
    this.asked = Date.now();
    let found: ILogs;
    try {
      found = await this.read(chosen);
    } catch (error) {
      // Without a server that knows the run, the first log is all there is.
      found = { names: this.names, lines: [error instanceof Error ? error.message : String(error)] };
    }
    if (chosen !== this.chosen) {
      return;
    }
    if (found.names.join() !== this.names.join()) {
      this.control = null;
    }
    this.names = found.names;
    this.lines = found.lines;
    this.changed();
  }
}
