/** Puts the sidebar, the status item, the warnings and the commands into JupyterLab or Notebook 7. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IRunningSessionManagers } from '@jupyterlab/running';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IStream } from '../stream';
import { Actions } from './actions';
import { addCommands, addToLauncher, addToPalette } from './commands';
import type { ISidebar } from './context';
import { Feed } from './feed';
import { Following } from './following';
import { jumpToCard } from './jump';
import { SidebarModel } from './model';
import { pathOf } from './notebooks';
import { SidebarPanel } from './panel';
import { RunningRuns } from './running';
import { RunsItem } from './runsItem';
import { Settings } from './settings';
import { StatusItem } from './statusItem';
import { Warnings } from './warnings';

const ID = 'paddle-lab:sidebar';
const RANK = 850;
/** Of the status bar: left of the kernel's state, whose words change while a run lives. */
const BEFORE_KERNEL = 0.5;

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'GPUs, who holds their memory, and training runs in a sidebar.',
  autoStart: true,
  requires: [IStream],
  optional: [
    ILabShell,
    ILayoutRestorer,
    IStatusBar,
    ICommandPalette,
    ILauncher,
    ISettingRegistry,
    ITranslator,
    IRunningSessionManagers
  ],
  activate: (
    app: JupyterFrontEnd,
    stream: IStream,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    statusBar: IStatusBar | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    running: IRunningSessionManagers | null
  ): void => {
    const words = translator ?? nullTranslator;
    const trans = words.load('paddle_lab');
    const language = words.languageCode.toLowerCase().startsWith('zh') ? 'zh' : 'en';
    const model = new SidebarModel();
    const settings = new Settings();
    const feed = new Feed(stream, model, app.serviceManager.serverSettings);
    const actions = new Actions(app, model, trans, language, async run => {
      if (!(await jumpToCard(app, run.id, run.path))) {
        showPanel('runs');
      }
    });
    const sidebar: ISidebar = {
      trans,
      language,
      say: text => text[language],
      model,
      actions,
      currentPath: () => pathOf(app.shell.currentWidget),
      presenter: () => settings.values.presenter,
      showOwnGpus: () => {
        settings.forgetGpus();
        void actions.chooseGpus('auto');
      },
      watchLinks: position => feed.watchLinks(position)
    };
    const panel = new SidebarPanel(sidebar, feed);
    app.shell.add(panel, 'right', { rank: RANK, type: 'Paddle Lab' });
    restorer?.add(panel, panel.id);
    labShell?.currentChanged.connect(() => model.touch('owners'));

    panel.focus.home = () => app.shell.currentWidget?.activate();
    const showPanel = (section?: string): void => {
      app.shell.activateById(panel.id);
      panel.reveal(section);
    };
    const togglePanel = (): void => {
      if (panel.focus.isInside) {
        panel.focus.leave();
        labShell?.collapseRight();
      } else {
        showPanel();
      }
    };
    addCommands(app, sidebar, language, showPanel, togglePanel);
    const category = trans.__('Paddle Lab');
    if (palette) {
      addToPalette(palette, category);
    }
    if (launcher) {
      addToLauncher(launcher, category);
    }
    running?.add(new RunningRuns(sidebar));
    new Warnings(sidebar, showPanel, () => settings.values);
    const following = new Following(app, sidebar, stream, () => settings.values);
    if (statusBar) {
      statusBar.registerStatusItem(`${ID}-runs`, {
        align: 'left',
        rank: BEFORE_KERNEL + 0.1,
        item: new RunsItem(sidebar),
        isActive: () => following.isLive,
        activeStateChanged: following.liveChanged
      });
      statusBar.registerStatusItem(`${ID}-status`, {
        align: 'left',
        rank: BEFORE_KERNEL,
        item: new StatusItem(sidebar, () => showPanel()),
        isActive: () => settings.values.statusBar && model.gpus.length > 0,
        activeStateChanged: model.shapeChanged
      });
    }
    // A server that was restarted knows nothing of the settings of this page.
    let lost = false;
    model.changed.connect((_, part) => {
      if (part === 'connection') {
        if (lost && model.connection === 'open' && settings.values.gpus) {
          void actions.applyGpus(settings.values.gpus);
        }
        lost = model.connection === 'lost';
      }
    });
    // Settings and samples come only after the shell is there: opening a page must not wait for us,
    // and Notebook 7 fails when settings are loaded before its own shortcuts are.
    const loading = app.restored.then(() => registry?.load(ID));
    void loading.then(loaded => {
      settings.follow(loaded, values => {
        feed.watch('status', (values.statusBar && statusBar !== null) || values.notifications);
        feed.watch('progress', values.progress);
        following.refresh();
        if (values.browserNotifications) {
          void window.Notification?.requestPermission();
        }
        if (values.gpus !== settings.shownGpus) {
          settings.shownGpus = values.gpus;
          void actions.applyGpus(values.gpus);
        }
        model.touch('settings');
      });
    });
  }
};

export default plugin;
