/** Finding open notebooks. Typed by what is used, so that no notebook package is bundled or pinned. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';

interface ISharedCell {
  getOutputs?(): { data?: { [mime: string]: { run_id?: string } } }[];
}

interface ISharedNotebook {
  cells: ISharedCell[];
  insertCell(index: number, cell: { cell_type: 'code'; source: string; metadata: object }): unknown;
}

export interface IDocument extends Widget {
  context?: { path: string; ready: Promise<void>; model: { dirty: boolean; sharedModel?: ISharedNotebook } };
  content?: Widget & { activeCellIndex?: number; scrollToItem?(index: number, align: string): Promise<void> };
}

/** The path of the document in front, if it is one. */
export function pathOf(widget: Widget | null): string | null {
  return (widget as IDocument | null)?.context?.path ?? null;
}

/** Whether a notebook is open here with changes that are not saved; unknown when it is not open. */
export function isUnsaved(app: JupyterFrontEnd, path: string | null): boolean | null {
  if (!path) {
    return null;
  }
  for (const widget of app.shell.widgets('main')) {
    const { context } = widget as IDocument;
    if (context?.path === path) {
      return context.model.dirty;
    }
  }
  return null;
}

/** Open the notebook, or bring it to the front. */
export async function findNotebook(app: JupyterFrontEnd, path: string): Promise<IDocument | null> {
  // Where a browser tab shows one document, opening it again would open another tab.
  for (const open of app.shell.widgets('main')) {
    if (pathOf(open) === path) {
      app.shell.activateById(open.id);
      await (open as IDocument).context?.ready;
      return open;
    }
  }
  const widget = (await app.commands.execute('docmanager:open', { path })) as IDocument | undefined;
  await widget?.context?.ready;
  return widget ?? null;
}

/** Append code cells and select the first; false when this is no notebook. */
export function appendCells(document: IDocument, sources: string[]): boolean {
  const shared = document.context?.model.sharedModel;
  if (!shared?.insertCell || !document.content) {
    return false;
  }
  const first = shared.cells.length;
  sources.forEach((source, index) => {
    shared.insertCell(first + index, { cell_type: 'code', source, metadata: {} });
  });
  document.content.activeCellIndex = first;
  return true;
}
