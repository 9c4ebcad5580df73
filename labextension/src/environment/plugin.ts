/** Opens the page of the environment check: from launcher, palette and the sidebar's light. */

import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { checkIcon } from '../icons';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-lab:environment',
  description: 'The environment check as a page.',
  autoStart: true,
  optional: [ILabShell, ITranslator],
  activate: (app: JupyterFrontEnd, labShell: ILabShell | null, translator: ITranslator | null): void => {
    const words = translator ?? nullTranslator;
    const trans = words.load('paddle_lab');
    const language = words.languageCode.toLowerCase().startsWith('zh') ? 'zh' : 'en';
    app.commands.addCommand('paddle-lab:open-doctor', {
      label: args => (args['isLauncher'] ? trans.__('Environment check') : trans.__('Check the environment')),
      caption: trans.__('What is wrong, why, and the command that fixes it'),
      icon: checkIcon,
      execute: async () => {
        const { openEnvironment } = await import(/* webpackChunkName: "pages" */ './open');
        await openEnvironment({ app, trans, language, say: text => text[language] }, labShell !== null);
      }
    });
  }
};

export default plugin;
