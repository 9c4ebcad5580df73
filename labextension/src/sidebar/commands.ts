/** Commands, their places in the palette and the launcher. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ILauncher } from '@jupyterlab/launcher';

import type { ISidebar } from './context';
import { paddleIcon } from './icon';
import { openWelcome } from './welcome';

/** `runs` and `wall` are of the run pages' plugin. */
export const CommandIDs = {
  openPanel: 'paddle-lab:open-panel',
  welcome: 'paddle-lab:open-welcome',
  doctor: 'paddle-lab:open-doctor',
  runs: 'paddle-lab:show-runs',
  wall: 'paddle-lab:show-wall',
  freeMost: 'paddle-lab:free-memory',
  copyDiagnostics: 'paddle-lab:copy-diagnostics'
} as const;

/** Register the commands. `togglePanel`: back to what had the focus, where the panel has it. */
export function addCommands(
  app: JupyterFrontEnd,
  sidebar: ISidebar,
  language: 'en' | 'zh',
  showPanel: () => void,
  togglePanel: () => void
): void {
  const { trans, actions } = sidebar;
  const { commands } = app;
  commands.addCommand(CommandIDs.openPanel, {
    label: trans.__('GPUs and training runs'),
    icon: paddleIcon,
    execute: args => (args['toggle'] ? togglePanel() : showPanel())
  });
  commands.addCommand(CommandIDs.welcome, {
    label: args => (args['isLauncher'] ? trans.__('Welcome') : trans.__('Open the Paddle Lab welcome notebook')),
    caption: trans.__('Fine-tune a Chinese model, step by step'),
    icon: paddleIcon,
    execute: () => openWelcome(app, language, trans)
  });
  commands.addCommand(CommandIDs.freeMost, {
    label: trans.__('Free GPU memory…'),
    execute: () => actions.freeTheMost()
  });
  commands.addCommand(CommandIDs.copyDiagnostics, {
    label: trans.__('Copy diagnostics'),
    execute: () => actions.copyDiagnostics()
  });
}

/** All commands into the palette. */
export function addToPalette(palette: ICommandPalette, category: string): void {
  for (const command of Object.values(CommandIDs)) {
    palette.addItem({ command, category });
  }
}

/** Three cards: the welcome, the check, the runs. */
export function addToLauncher(launcher: ILauncher, category: string): void {
  [CommandIDs.welcome, CommandIDs.doctor, CommandIDs.runs].forEach((command, rank) => {
    launcher.add({ command, category, rank, args: { isLauncher: true } });
  });
}
