/** One page of the check, in the main area, or as a dialog where there is only one document. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';

import { checkIcon } from '../icons';
import { openOnce } from '../page/openOnce';
import type { Text } from './messages';
import { EnvironmentPage } from './page';

export interface IReader {
  app: JupyterFrontEnd;
  trans: TranslationBundle;
  language: 'en' | 'zh';
  /** A text of the server, in the reader's language. */
  say: (text: Text) => string;
}

/** Open the page, or bring it to the front. `tabs`: the main area takes further pages. */
export async function openEnvironment(reader: IReader, tabs: boolean): Promise<void> {
  const { app, trans } = reader;
  await openOnce({
    app,
    trans,
    tabs,
    id: 'paddle-lab-environment',
    title: trans.__('Environment check'),
    icon: checkIcon,
    dialog: 'pl-env-dialog',
    make: () => new EnvironmentPage(reader)
  });
}
