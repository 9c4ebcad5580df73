/** Notebooks that the launcher and the palette open: the course's welcome, or a first page made here. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Contents } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { findNotebook, type IDocument } from './notebooks';

/** Where the course's welcome lies when the server was started in its folder, or in the course. */
const WELCOME: { [language: string]: string } = { zh: 'welcome_zh.ipynb', en: 'welcome_en.ipynb' };
const COURSE = 'notebooks';

/** The page made here; found again the next time. */
const OWN = 'paddle-lab-welcome.ipynb';

/** Open the welcome notebook; where there is none, a new one with the first three steps. */
export async function openWelcome(
  app: JupyterFrontEnd,
  language: 'en' | 'zh',
  trans: TranslationBundle
): Promise<void> {
  const here = await namesIn(app, '');
  const course = here.includes(COURSE) ? await namesIn(app, COURSE) : [];
  const wanted = [WELCOME[language], ...Object.values(WELCOME)].filter((name): name is string => Boolean(name));
  const found = wanted
    .flatMap(name => [course.includes(name) && `${COURSE}/${name}`, here.includes(name) && name])
    .concat(here.includes(OWN) && OWN)
    .find(path => path);
  if (found) {
    await app.commands.execute('docmanager:open', { path: found });
    return;
  }
  const words = [
    `# Paddle Lab`,
    trans.__('Run the three cells below, one after the other: check the environment, then train a first model.')
  ];
  await openNew(app, ['%load_ext paddle_lab', '%paddle_env', '%ernie_finetune reviews --epochs 1'], {
    name: OWN,
    words: words.join('\n\n')
  });
}

/** A new notebook with these code cells, after a text and under a name where they are given. */
export async function openNew(
  app: JupyterFrontEnd,
  sources: string[],
  { name, words, folder = '' }: { name?: string; words?: string; folder?: string } = {}
): Promise<{ path: string; notebook: IDocument | null }> {
  const { contents, kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  let { path } = await contents.newUntitled({ path: folder, type: 'notebook' });
  if (name) {
    path = (await contents.rename(path, name)).path;
  }
  // With its kernel named, nobody is asked for one.
  const spec = kernelspecs.specs?.default ?? 'python3';
  const title = kernelspecs.specs?.kernelspecs[spec]?.display_name ?? spec;
  const cells = [...(words ? [cell('markdown', words)] : []), ...sources.map(source => cell('code', source))];
  await contents.save(path, {
    type: 'notebook',
    format: 'json',
    content: {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: spec, display_name: title } },
      cells
    }
  });
  return { path, notebook: await findNotebook(app, path) };
}

function cell(kind: 'code' | 'markdown', source: string): object {
  const id = UUID.uuid4().slice(0, 8);
  const shared = { id, cell_type: kind, metadata: {}, source };
  return kind === 'code' ? { ...shared, execution_count: null, outputs: [] } : shared;
}

/** Names in a folder of the server; none when it cannot be read. */
async function namesIn(app: JupyterFrontEnd, folder: string): Promise<string[]> {
  try {
    const model = await app.serviceManager.contents.get(folder, { content: true });
    return (model.content as Contents.IModel[]).map(item => item.name);
  } catch {
    return [];
  }
}
