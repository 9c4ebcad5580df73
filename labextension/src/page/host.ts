// What the pages need of the application around them.

import type { JupyterFrontEnd } from '@jupyterlab/application';

import type { Language } from '../run/i18n';
import type { IStream } from '../stream';

export interface IPageHost {
  app: JupyterFrontEnd;
  stream: IStream;
  language: Language;
  /** Open the page of a run, or that of all runs. */
  openRun(id: string, name: string): void;
  openRuns(): void;
}

/** What the frame around a page offers it. */
export interface IFrame {
  setTitle(title: string): void;
  close(): void;
}
