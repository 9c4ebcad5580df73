// Stands in the main area while the page's code is on its way, and holds it then.

import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';

import type { IFrame, IPageHost } from './host';

/** Stands for a run's id where the wall is meant; no run has such an id. */
export const WALL = ':wall';

/** The page of a run, with `runId` null that of all runs, with WALL the wall. */
export class LazyPage extends Panel {
  constructor(
    private readonly runId: string | null,
    private readonly runName: string,
    private readonly host: IPageHost
  ) {
    super();
    this.id = LazyPage.nameOf(runId);
    this.addClass('plab-page-frame');
    this.title.closable = true;
    this.node.tabIndex = -1;
    void this.load();
  }

  static nameOf(runId: string | null): string {
    return runId === null ? 'paddle-lab-runs' : `paddle-lab-run-${runId}`;
  }

  /** What opens the same page again after a reload. */
  get args(): { id: string; name: string } {
    return { id: this.runId ?? '', name: this.runName };
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (!this.node.contains(document.activeElement)) {
      this.node.focus();
    }
  }

  /** A closed page has gone; nothing is kept behind it. */
  protected onCloseRequest(message: Message): void {
    super.onCloseRequest(message);
    this.dispose();
  }

  private async load(): Promise<void> {
    const frame: IFrame = {
      setTitle: title => (this.title.label = title),
      close: () => this.close()
    };
    const pages = await import(/* webpackChunkName: "pages" */ './pages');
    if (!this.isDisposed) {
      this.addWidget(
        this.runId === null
          ? new pages.RunsPage(this.host, frame)
          : this.runId === WALL
            ? new pages.WallPage(this.host, frame)
            : new pages.RunPage(this.runId, this.runName, this.host, frame)
      );
    }
  }
}
