// Opens the run pages: from the sidebar, the palette, the launcher, an address. Their code is
// fetched with the first of them.

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { runsIcon } from '../icons';
import { languageOf } from '../run/i18n';
import { paddleIcon } from '../sidebar/icon';
import { IStream } from '../stream';
import type { IPageHost } from './host';
import { LazyPage, WALL } from './lazyPage';
import { askedFor, openElsewhere, placeOf } from './place';

export const PageCommandIDs = {
  run: 'paddle-lab:open-run',
  runs: 'paddle-lab:show-runs',
  wall: 'paddle-lab:show-wall'
} as const;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-lab:pages',
  description: 'A page for each training run, and one for all of them.',
  autoStart: true,
  requires: [IStream],
  optional: [ILabShell, ILayoutRestorer, ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    stream: IStream,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null,
    settings: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('paddle_lab');
    const title = trans.__('Training runs');
    const wall = trans.__('Wall of runs');
    const { commands } = app;
    const tracker = new WidgetTracker<LazyPage>({ namespace: 'paddle-lab-pages' });
    const host: IPageHost = {
      app,
      stream,
      language: languageOf(translator?.languageCode),
      trans,
      settings,
      openRun: (id, name) => void commands.execute(PageCommandIDs.run, { id, name }),
      openRuns: () => void commands.execute(PageCommandIDs.runs),
      openWall: () => void commands.execute(PageCommandIDs.wall)
    };
    const open = (id: string | null, name: string): Widget | null => {
      const place = placeOf(app, labShell !== null);
      if (!place) {
        openElsewhere(id, name);
        return null;
      }
      const wanted = LazyPage.nameOf(id);
      const page = tracker.find(item => item.id === wanted) ?? new LazyPage(id, name, host);
      if (!page.isAttached) {
        page.title.icon = paddleIcon;
        page.title.label = name || title;
        // JupyterLab leaves the focus nowhere when a tab is closed.
        page.disposed.connect(() => app.shell.currentWidget?.activate());
        place.add(page);
        void tracker.add(page);
      }
      place.activate(page);
      return page;
    };
    commands.addCommand(PageCommandIDs.run, {
      label: args => (args['name'] ? trans.__('Open the page of %1', text(args['name'])) : title),
      icon: paddleIcon,
      // Without a run it is the page of all: the layout restorer knows one command.
      execute: args => open(text(args['id']) || null, text(args['name']) || text(args['id']))
    });
    commands.addCommand(PageCommandIDs.runs, {
      label: title,
      caption: trans.__('Every run of every notebook'),
      icon: runsIcon,
      execute: () => open(null, '')
    });
    commands.addCommand(PageCommandIDs.wall, {
      label: wall,
      icon: runsIcon,
      execute: () => open(WALL, wall)
    });
    void restorer?.restore(tracker, {
      command: PageCommandIDs.run,
      args: page => page.args,
      name: page => page.id
    });
    void app.restored.then(() => {
      const asked = askedFor(location.search);
      if (asked && labShell === null) {
        open(asked.id, asked.name);
      }
    });
  }
};

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export default plugin;
