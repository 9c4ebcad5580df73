/** Opens the page of a data file: in the main area, or as a dialog where there is only one document. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { openOnce } from '../page/openOnce';
import { browsedFolder } from './browser';
import { isData } from './form';
import { tuneIcon } from '../icons';
import type { Text } from './messages';
import { StartPage } from './page';

export interface IReader {
  app: JupyterFrontEnd;
  trans: TranslationBundle;
  language: 'en' | 'zh';
  /** A text of the server, in the reader's language. */
  say: (text: Text) => string;
}

/** Open the page of the file at `path`, or ask for one. `tabs`: the main area takes further pages. */
export async function openStart(reader: IReader, tabs: boolean, path: string | null): Promise<void> {
  const { app, trans } = reader;
  const file = path && isData(path) ? path : await askForFile(reader);
  if (!file) {
    return;
  }
  await openOnce({
    app,
    trans,
    tabs,
    id: `paddle-lab-start-${encodeURIComponent(file)}`,
    title: trans.__('Fine-tune %1', PathExt.basename(file)),
    caption: file,
    icon: tuneIcon,
    dialog: 'pl-start-dialog',
    make: close => new StartPage(reader, file, close)
  });
}

/** A data file of the folder that is shown; null when the person thinks better of it. */
async function askForFile({ app, trans }: IReader): Promise<string | null> {
  const folder = browsedFolder(app);
  const model = await app.serviceManager.contents.get(folder, { content: true });
  const items = (model.content as Contents.IModel[])
    .filter(item => item.type !== 'directory' && isData(item.name))
    .map(item => item.name);
  if (!items.length) {
    await showDialog({
      title: trans.__('No data file here'),
      body: trans.__('Right-click a CSV, TSV, JSON lines or Excel file in the file browser.'),
      buttons: [Dialog.okButton({ label: trans.__('OK') })]
    });
    return null;
  }
  const answer = await InputDialog.getItem({
    title: trans.__('Fine-tune a data file'),
    label: trans.__('File'),
    items,
    okLabel: trans.__('Open'),
    cancelLabel: trans.__('Cancel')
  });
  return answer.button.accept && answer.value ? PathExt.join(folder, answer.value) : null;
}
