/** Notebooks that the launcher and the palette open: the course's welcome, or a first page made here. */

import type { JupyterFrontEnd } from '@jupyterlab/application';

import { appendCells, findNotebook } from './notebooks';

/** Where the course's welcome lies when the server was started in its folder. */
const WELCOME: { [language: string]: string[] } = {
  zh: ['notebooks/welcome_zh.ipynb', 'welcome_zh.ipynb'],
  en: ['notebooks/welcome_en.ipynb', 'welcome_en.ipynb']
};

/** The page made here; found again the next time. */
const OWN = 'paddle-lab-welcome.ipynb';

const FIRST_STEPS = ['%load_ext paddle_lab', '%paddle_env', '%ernie_finetune reviews --epochs 1'];

/** Open the welcome notebook; where there is none, a new one with the first three steps. */
export async function openWelcome(app: JupyterFrontEnd, language: 'en' | 'zh'): Promise<void> {
  const candidates = [...(WELCOME[language] ?? []), ...Object.values(WELCOME).flat(), OWN];
  for (const path of candidates) {
    if (await exists(app, path)) {
      await app.commands.execute('docmanager:open', { path });
      return;
    }
  }
  await openNew(app, FIRST_STEPS, OWN);
}

/** A new notebook with these cells, under this name where one is given and it is free. */
export async function openNew(app: JupyterFrontEnd, cells: string[], name?: string): Promise<void> {
  const { contents } = app.serviceManager;
  let { path } = await contents.newUntitled({ type: 'notebook' });
  if (name) {
    path = (await contents.rename(path, name)).path;
  }
  const notebook = await findNotebook(app, path);
  if (notebook) {
    appendCells(notebook, cells);
  }
}

async function exists(app: JupyterFrontEnd, path: string): Promise<boolean> {
  try {
    await app.serviceManager.contents.get(path, { content: false });
    return true;
  } catch {
    return false;
  }
}
