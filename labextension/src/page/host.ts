// What the pages need of the application around them.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Language } from '../run/i18n';
import type { IStream } from '../stream';

export interface IPageHost {
  app: JupyterFrontEnd;
  stream: IStream;
  language: Language;
  trans: TranslationBundle;
  settings: ISettingRegistry | null;
  /** Open the page of a run, that of all runs, or the wall. */
  openRun(id: string, name: string): void;
  openRuns(): void;
  openWall(): void;
}

/** What the frame around a page offers it. */
export interface IFrame {
  setTitle(title: string): void;
  close(): void;
}
