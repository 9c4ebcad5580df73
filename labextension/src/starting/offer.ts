/**
 * A magic of ours in a kernel that was never asked to load Paddle Lab: IPython says that it knows no
 * such magic, and below that stands a button that loads it and runs the cell again. Nothing is done
 * in any kernel before the button is pressed.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';

import { unknownMagic } from './magics';
import { type ICell, type INotebook, asNotebook, loadThenRun } from './notebooks';
import { messageOf } from '../sidebar/request';

/** Watch every notebook that is opened here. */
export function offerToLoad(app: JupyterFrontEnd, trans: TranslationBundle): void {
  const seen = new WeakSet<Widget>();
  const look = (): void => {
    for (const widget of app.shell.widgets('main')) {
      const notebook = asNotebook(widget);
      if (notebook && !seen.has(notebook)) {
        seen.add(notebook);
        notebook.sessionContext.iopubMessage.connect((_, message) => heard(app, notebook, message, trans));
      }
    }
  };
  app.shell.currentChanged?.connect(look);
  void app.restored.then(look);
}

function heard(
  app: JupyterFrontEnd,
  notebook: INotebook,
  message: KernelMessage.IIOPubMessage,
  trans: TranslationBundle
): void {
  const content = message.content as { name?: string; text?: string };
  if (message.header.msg_type !== 'stream' || content.name !== 'stderr' || !unknownMagic(content.text ?? '')) {
    return;
  }
  const asked = (message.parent_header as { msg_id?: string }).msg_id;
  const cell = notebook.content.widgets.find(one => one.outputArea?.future?.msg.header.msg_id === asked);
  if (cell?.outputArea) {
    offer(app, notebook, cell, trans);
  }
}

/** The button, below what the cell put out; it goes when the output changes. */
function offer(app: JupyterFrontEnd, notebook: INotebook, cell: ICell, trans: TranslationBundle): void {
  const area = cell.outputArea;
  if (!area || area.node.querySelector('.pl-offer')) {
    return;
  }
  const bar = document.createElement('div');
  bar.className = 'pl-offer';
  const button = document.createElement('button');
  button.className = 'pl-button';
  button.textContent = trans.__('Load Paddle Lab and run again');
  const said = document.createElement('p');
  said.setAttribute('role', 'status');
  bar.append(button, said);
  const remove = (): void => {
    area.model.changed.disconnect(remove);
    bar.remove();
  };
  button.addEventListener('click', () => {
    button.disabled = true;
    said.textContent = trans.__('Loading…');
    const index = notebook.content.widgets.indexOf(cell);
    loadThenRun(app, notebook, index).then(remove, (error: unknown) => {
      button.disabled = false;
      const why = messageOf(error);
      said.textContent = trans.__('The kernel of this notebook cannot load it: %1. Choose another kernel, or install Paddle Lab in its environment.', why);
    });
  });
  // An output is drawn after its message was heard: the button comes last.
  window.setTimeout(() => {
    area.node.append(bar);
    area.model.changed.connect(remove);
  });
}
