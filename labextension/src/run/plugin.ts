import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';

import { INotebooks } from '../notebook/plugin';
import { IStream } from '../stream';
import { type Language, languageOf } from './i18n';
import { LazyRunRenderer } from './lazy';
import { MIME, type Output } from './output';

// The widget manager's rank is -10, and the smaller wins: our card needs no kernel, its view does.
const RANK = -20;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-lab:run',
  description: 'Draws fine-tuning runs in the cells that started them.',
  autoStart: true,
  requires: [IRenderMimeRegistry, IStream],
  optional: [ITranslator, INotebooks],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    stream: IStream,
    translator: ITranslator | null,
    notebooks: INotebooks | null
  ): void => {
    const settings = app.serviceManager.serverSettings;
    const language = (output: Output) => readersLanguage(translator?.languageCode, output);
    // Jupyter's own command asks before it restarts, in JupyterLab and in Notebook 7.
    const restart = () => void app.commands.execute('notebook:restart-kernel');
    const open = (path: string) => void app.commands.execute('docmanager:open', { path });
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [MIME],
        createRenderer: () =>
          new LazyRunRenderer({ stream, settings, language, notebooks, restart, open })
      },
      RANK
    );
  }
};

/** The language that the notebook's other answers have; where nobody chose one, JupyterLab's. */
function readersLanguage(lab: string | undefined, output: Output): Language {
  return languageOf(output.language ?? lab);
}

export default plugin;
