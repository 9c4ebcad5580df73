/** Starting without typing: from a file, from a button, and after a magic that was not loaded. */

import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { runWhatWasLeft } from '../sidebar/cells';
import { openNew } from '../sidebar/welcome';
import { browsedFolder, chosenFile } from './browser';
import { isData } from './form';
import { newNotebookIcon, tuneIcon } from '../icons';
import { firstCells } from './firstNotebook';
import { offerToLoad } from './offer';

export const CommandIDs = {
  newNotebook: 'paddle-lab:new-notebook',
  fineTune: 'paddle-lab:fine-tune-file',
  models: 'paddle-lab:show-models'
} as const;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-lab:starting',
  description: 'Starts fine-tuning from a data file, and offers to load Paddle Lab.',
  autoStart: true,
  optional: [ILabShell, ICommandPalette, ILauncher, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    translator: ITranslator | null
  ): void => {
    const words = translator ?? nullTranslator;
    const trans = words.load('paddle_lab');
    const language = words.languageCode.toLowerCase().startsWith('zh') ? 'zh' : 'en';
    app.commands.addCommand(CommandIDs.newNotebook, {
      label: trans.__('New fine-tuning notebook'),
      caption: trans.__('A small notebook: load, fine-tune, predict'),
      icon: newNotebookIcon,
      execute: args => {
        const folder = typeof args['cwd'] === 'string' ? args['cwd'] : browsedFolder(app);
        const { text, cells } = firstCells(language, args['model']);
        return openNew(app, cells, { words: text, folder }).then(({ notebook }) => notebook);
      }
    });
    app.commands.addCommand(CommandIDs.fineTune, {
      label: args => (args['isContext'] ? trans.__('Fine-tune…') : trans.__('Fine-tune a data file…')),
      caption: trans.__('Look at the rows, choose a model, and start'),
      icon: tuneIcon,
      isVisible: args => !args['isContext'] || isData(chosenFile(app) ?? ''),
      execute: async args => {
        const path = typeof args['path'] === 'string' ? args['path'] : chosenFile(app);
        const { openStart } = await import(/* webpackChunkName: "pages" */ './open');
        await openStart({ app, trans, language, say: text => text[language] }, labShell !== null, path);
      }
    });
    app.commands.addCommand(CommandIDs.models, {
      label: trans.__('Models'),
      caption: trans.__('What is on this machine, what can be had, and how long it trains'),
      icon: tuneIcon,
      execute: async () => {
        const { openModels } = await import(/* webpackChunkName: "pages" */ './models');
        await openModels({ app, trans, language, say: text => text[language] }, labShell !== null);
      }
    });
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Paddle Lab') });
    }
    launcher?.add({ command: CommandIDs.newNotebook, category: trans.__('Paddle Lab'), rank: 1 });
    launcher?.add({ command: CommandIDs.models, category: trans.__('Paddle Lab'), rank: 3 });
    app.contextMenu.addItem({
      command: CommandIDs.fineTune,
      args: { isContext: true },
      selector: '.jp-DirListing-item[data-isdir="false"]',
      rank: 1.5
    });
    offerToLoad(app, trans);
    if (!labShell) {
      runWhatWasLeft(app);
    }
  }
};

export default plugin;
