import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Token } from '@lumino/coreutils';
import { DisposableDelegate } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import { CommandIDs } from '../sidebar/commands';
import { isNewLesson, type NotebookPanel } from './document';
import { Keeper } from './keeper';

const ID = 'paddle-lab:notebooks';

/** The open notebooks. */
export interface INotebooks {
  /** Who keeps the cards of the notebook that a widget stands in; null where it stands in none. */
  keeperOf(widget: Widget): Keeper | null;
}

export const INotebooks = new Token<INotebooks>(
  'paddle-lab:INotebooks',
  'Puts the cards of runs back into open notebooks, and saves them.'
);

const plugin: JupyterFrontEndPlugin<INotebooks> = {
  id: ID,
  description: 'Puts the cards of runs back into notebooks that are opened, and saves them.',
  autoStart: true,
  provides: INotebooks,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, registry: ISettingRegistry | null): INotebooks => {
    const { contents, serverSettings: settings } = app.serviceManager;
    const keepers = new WeakMap<Widget, Keeper>();
    let loaded: ISettingRegistry.ISettings | undefined;
    const saves = () => loaded?.get('saveWithCard').composite !== false;
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: widget => {
        const { context } = widget as unknown as NotebookPanel;
        const keeper = new Keeper(context, { contents, settings, saves });
        keepers.set(widget, keeper);
        void Promise.all([app.restored, context.ready]).then(async () => {
          if (isNewLesson(context)) {
            await app.commands.execute(CommandIDs.openPanel);
            // Its cells are what is run next.
            app.shell.activateById(widget.id);
          }
        });
        return new DisposableDelegate(() => keeper.dispose());
      }
    });
    // Notebook 7 fails when settings are loaded before its own shortcuts are.
    void app.restored
      .then(() => registry?.load(ID))
      .then(found => {
        loaded = found;
      });
    return { keeperOf: widget => keeperOf(widget, keepers) };
  }
};

function keeperOf(host: Widget, keepers: WeakMap<Widget, Keeper>): Keeper | null {
  for (let widget: Widget | null = host; widget; widget = widget.parent) {
    const found = keepers.get(widget);
    if (found) {
      return found;
    }
  }
  return null;
}

export default plugin;
