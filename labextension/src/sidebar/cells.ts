// One click, one cell: a command is put into the run's notebook, or into a new one, and run there.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { KernelMessage } from '@jupyterlab/services';

import { appendCells, findNotebook, type IDocument } from './notebooks';
import { openNew } from './welcome';

export const LOAD = '%load_ext paddle_lab';
const ASK_MS = 3_000;
const LEFT = 'paddle-lab:left';
/** A tab that opens later than this runs nothing by itself. */
const LEFT_MS = 60_000;

interface ILeft {
  path: string;
  command: string | null;
  at: number;
}

/** One expression, so that no name is left behind. */
const IS_LOADED = "'paddle_lab' in get_ipython().extension_manager.loaded";

/** Where the command runs now; null where it has to be run by hand. A new notebook lies in `folder`. */
export async function runInNotebook(
  app: JupyterFrontEnd,
  path: string | null,
  command: string,
  folder = ''
): Promise<string | null> {
  if (!path) {
    return runInNew(app, command, folder);
  }
  const notebook = await findNotebook(app, path);
  if (!notebook?.context) {
    return leave(app, path, command);
  }
  const session = (notebook as { sessionContext?: ISessionContext }).sessionContext;
  await session?.ready;
  const source = (await isLoaded(session)) ? command : `${LOAD}\n${command}`;
  if (!appendCells(notebook, [source])) {
    return null;
  }
  app.shell.activateById(notebook.id);
  // It ends when the cell does, which may be hours.
  void app.commands.execute('notebook:run-cell');
  return notebook.context.path;
}

async function runInNew(
  app: JupyterFrontEnd,
  command: string,
  folder: string
): Promise<string | null> {
  const { path, notebook } = await openNew(app, [LOAD, command], { folder });
  if (!notebook) {
    return leave(app, path, null);
  }
  await runAll(app, notebook);
  return path;
}

async function runAll(app: JupyterFrontEnd, notebook: IDocument): Promise<void> {
  await (notebook as { sessionContext?: ISessionContext }).sessionContext?.ready;
  app.shell.activateById(notebook.id);
  void app.commands.execute('notebook:run-all-cells');
}

/** Notebook 7 opens a notebook in a browser tab of its own, which takes the command up; null: all cells. */
function leave(app: JupyterFrontEnd, path: string, command: string | null): string | null {
  if (app.name !== 'Jupyter Notebook') {
    return null;
  }
  localStorage.setItem(LEFT, JSON.stringify({ path, command, at: Date.now() }));
  return path;
}

/** Run what another browser tab left for the notebook of this one. */
export function runWhatWasLeft(app: JupyterFrontEnd): void {
  const take = async (): Promise<void> => {
    const { path, command, at } = JSON.parse(localStorage.getItem(LEFT) ?? '{}') as Partial<ILeft>;
    const notebook = app.shell.currentWidget as IDocument | null;
    if (!path || notebook?.context?.path !== path || Date.now() - (at ?? 0) > LEFT_MS) {
      return;
    }
    localStorage.removeItem(LEFT);
    await notebook.context.ready;
    await (command ? runInNotebook(app, path, command) : runAll(app, notebook));
  };
  app.shell.currentChanged?.connect(() => void take());
  void app.restored.then(take);
}

/** Whether the kernel has loaded Paddle Lab; false where it does not say so soon. */
export async function isLoaded(session: ISessionContext | undefined): Promise<boolean> {
  const kernel = session?.session?.kernel;
  if (!kernel || kernel.status !== 'idle') {
    return false;
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { loaded: IS_LOADED }
  });
  const late = new Promise<null>(resolve => setTimeout(() => resolve(null), ASK_MS));
  const reply = await Promise.race([future.done, late]);
  const content = reply?.content as
    | (KernelMessage.IReplyOkContent & {
        user_expressions?: { loaded?: { data?: { 'text/plain'?: string } } };
      })
    | undefined;
  return content?.user_expressions?.loaded?.data?.['text/plain'] === 'True';
}
