/** Writing cells into open notebooks and running them. Typed by what is used, as in the sidebar. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import { LOAD } from '../sidebar/cells';

export interface IOutputArea extends Widget {
  future?: { msg: { header: { msg_id: string } } };
  model: { changed: ISignal<unknown, unknown> };
}

export interface ICell extends Widget {
  model: { type: string; sharedModel: { getSource(): string } };
  outputArea?: IOutputArea;
}

interface IShared {
  cells: { getSource(): string }[];
  insertCell(index: number, cell: { cell_type: 'code'; source: string; metadata: object }): unknown;
}

/** A notebook that is open. */
export interface INotebook extends Widget {
  context: { path: string; ready: Promise<void>; model: { sharedModel: IShared } };
  content: Widget & { widgets: readonly ICell[]; activeCellIndex: number };
  sessionContext: {
    ready: Promise<void>;
    session: { kernel: Kernel.IKernelConnection | null } | null;
    iopubMessage: ISignal<unknown, KernelMessage.IIOPubMessage>;
  };
}

/** The widget as a notebook, if it is one. */
export function asNotebook(widget: Widget | null): INotebook | null {
  const one = widget as Partial<INotebook> | null;
  const cells = one?.context?.model?.sharedModel?.insertCell;
  return cells && one?.sessionContext && one.content ? (one as INotebook) : null;
}

/** The notebooks open in the main area, that in front first. */
export function openNotebooks(app: JupyterFrontEnd): INotebook[] {
  const all = [...app.shell.widgets('main')].map(asNotebook).filter((one): one is INotebook => one !== null);
  const front = app.shell.currentWidget;
  return all.sort((a, b) => Number(b === front) - Number(a === front));
}

/** The notebooks open beside a file: what they call it is its name. */
export function notebooksBeside(app: JupyterFrontEnd, file: string): INotebook[] {
  return openNotebooks(app).filter(one => PathExt.dirname(one.context.path) === PathExt.dirname(file));
}

/**
 * Load Paddle Lab in the notebook's kernel and run the cell at `index`. A notebook without a cell
 * that loads it gets one above. Throws with the kernel's words where it cannot be loaded.
 */
export async function loadThenRun(app: JupyterFrontEnd, notebook: INotebook, index: number): Promise<void> {
  app.shell.activateById(notebook.id);
  await notebook.sessionContext.ready;
  const kernel = notebook.sessionContext.session?.kernel;
  await kernel?.info;
  const shared = notebook.context.model.sharedModel;
  const loads = shared.cells.some(cell => /^\s*%(re)?load_ext\s+paddle_lab\b/m.test(cell.getSource()));
  const failure = kernel ? await failureOf(kernel, loads ? LOAD : 'import paddle_lab') : null;
  if (failure !== null) {
    throw new Error(failure);
  }
  if (!loads) {
    shared.insertCell(index, { cell_type: 'code', source: LOAD, metadata: {} });
    await runCell(app, notebook, index);
  }
  void runCell(app, notebook, loads ? index : index + 1);
}

async function runCell(app: JupyterFrontEnd, notebook: INotebook, index: number): Promise<void> {
  app.shell.activateById(notebook.id);
  notebook.content.activeCellIndex = index;
  await app.commands.execute('notebook:run-cell');
}

/** Run code that nobody sees; the last line of its error, or null. */
async function failureOf(kernel: Kernel.IKernelConnection, code: string): Promise<string | null> {
  const future = kernel.requestExecute({ code, silent: true, store_history: false, allow_stdin: false });
  const { content } = await future.done;
  return content.status === 'error' ? `${content.ename}: ${content.evalue}` : null;
}
