// One click, one cell: a command is put into the run's notebook, or into a new one, and run there.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { KernelMessage } from '@jupyterlab/services';

import { appendCells, findNotebook } from './notebooks';
import { openNew } from './welcome';

export const LOAD = '%load_ext paddle_lab';
const ASK_MS = 3_000;
/** One expression, so that no name is left behind. */
const IS_LOADED = "'paddle_lab' in get_ipython().extension_manager.loaded";

/** Where the command runs now; null where it has to be run by hand. A new notebook lies in `folder`. */
export async function runInNotebook(
  app: JupyterFrontEnd,
  path: string | null,
  command: string,
  folder = ''
): Promise<string | null> {
  const notebook = path ? await findNotebook(app, path).catch(() => null) : null;
  if (!notebook?.context || !app.commands.hasCommand('notebook:run-cell')) {
    return path ? null : runInNew(app, command, folder);
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
  const notebook = await openNew(app, [LOAD, command], { folder });
  if (!notebook?.context || !app.commands.hasCommand('notebook:run-all-cells')) {
    return null;
  }
  await (notebook as { sessionContext?: ISessionContext }).sessionContext?.ready;
  app.shell.activateById(notebook.id);
  void app.commands.execute('notebook:run-all-cells');
  return notebook.context.path;
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
