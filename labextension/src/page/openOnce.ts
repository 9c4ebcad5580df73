/** A page that stands once in the main area, or as a dialog where there is only one document. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, MainAreaWidget, type ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';

import { placeOf } from './place';

export interface IOncePage {
  app: JupyterFrontEnd;
  trans: TranslationBundle;
  /** Whether the main area takes further pages. */
  tabs: boolean;
  id: string;
  title: string;
  caption?: string;
  icon: LabIcon;
  /** A class of the dialog. */
  dialog: string;
  /** The content; `close` closes the dialog, and no page. */
  make: (close: () => void) => ReactWidget;
}

/** The pages that are open, each once. */
const opened = new Map<string, MainAreaWidget>();

/** Open the page, or bring it to the front. */
export async function openOnce(wanted: IOncePage): Promise<void> {
  const { app, trans, id, make } = wanted;
  const place = placeOf(app, wanted.tabs);
  if (!place) {
    const body = make(() => dialog.reject());
    const dialog = new Dialog({ body, buttons: [Dialog.cancelButton({ label: trans.__('Close') })] });
    dialog.addClass(wanted.dialog);
    await dialog.launch();
    return;
  }
  let page = opened.get(id);
  if (!page || page.isDisposed) {
    page = new MainAreaWidget({ content: make(() => undefined) });
    page.id = id;
    page.title.label = wanted.title;
    page.title.caption = wanted.caption ?? '';
    page.title.icon = wanted.icon;
    page.title.closable = true;
    page.toolbar.hide();
    opened.set(id, page);
    place.add(page);
  }
  place.activate(page);
}
