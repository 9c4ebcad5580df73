/** One page of the check, in the main area, or as a dialog where there is only one document. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { checkIcon } from '../icons';
import { placeOf } from '../page/place';
import type { Text } from './messages';
import { EnvironmentPage } from './page';

export interface IReader {
  app: JupyterFrontEnd;
  trans: TranslationBundle;
  language: 'en' | 'zh';
  /** A text of the server, in the reader's language. */
  say: (text: Text) => string;
}

let open: MainAreaWidget | null = null;

/** Open the page, or bring it to the front. `tabs`: the main area takes further pages. */
export async function openEnvironment(reader: IReader, tabs: boolean): Promise<void> {
  const { app, trans } = reader;
  const title = trans.__('Environment check');
  const place = placeOf(app, tabs);
  if (!place) {
    const body = new EnvironmentPage(reader);
    const dialog = new Dialog({ body, buttons: [Dialog.cancelButton({ label: trans.__('Close') })] });
    dialog.addClass('pl-env-dialog');
    await dialog.launch();
    return;
  }
  if (!open || open.isDisposed) {
    open = new MainAreaWidget({ content: new EnvironmentPage(reader) });
    open.id = 'paddle-lab-environment';
    open.title.label = title;
    open.title.icon = checkIcon;
    open.title.closable = true;
    open.toolbar.hide();
    place.add(open);
  }
  place.activate(open);
}
