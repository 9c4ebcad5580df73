/** From a run to its card: the notebook is opened where it is not, and scrolled to the cell. */

import type { JupyterFrontEnd } from '@jupyterlab/application';

import { findNotebook, pathOf, type IDocument } from './notebooks';

/** Where a run's card may stand; the MIME type is that of run/output.ts, which is loaded later. */
const MIME = 'application/vnd.paddle-lab.run.v1+json';
const TRIES = 40;
const BETWEEN_MS = 50;

/** Show the card of a run in its notebook; false where there is none. */
export async function jumpToCard(app: JupyterFrontEnd, id: string, path: string | null): Promise<boolean> {
  if (!path) {
    return false;
  }
  const open = [...app.shell.widgets('main')].find(widget => pathOf(widget) === path);
  const notebook = (open as IDocument | undefined) ?? (await findNotebook(app, path));
  if (!notebook) {
    return false;
  }
  app.shell.activateById(notebook.id);
  const cell = cellOf(notebook, id);
  if (cell >= 0 && notebook.content) {
    notebook.content.activeCellIndex = cell;
    // A long notebook draws only the cells near those that are seen.
    await notebook.content.scrollToItem?.(cell, 'smart');
  }
  for (let left = TRIES; left > 0; left--) {
    const card = notebook.node.querySelector(`.plab-run[data-run="${CSS.escape(id)}"]`);
    if (card) {
      card.scrollIntoView({ block: 'nearest' });
      return true;
    }
    await new Promise(resolve => setTimeout(resolve, BETWEEN_MS));
  }
  return false;
}

/** The index of the cell with the run's output; -1 for none. */
function cellOf(notebook: IDocument, id: string): number {
  const cells = notebook.context?.model.sharedModel?.cells ?? [];
  return cells.findIndex(cell =>
    (cell.getOutputs?.() ?? []).some(output => output.data?.[MIME]?.run_id === id)
  );
}
