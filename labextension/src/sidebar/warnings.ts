/** Alerts as JupyterLab notifications, each with the action that helps. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ISidebar } from './context';
import type { SidebarModel } from './model';
import type { IAlert } from './wire';

export interface IWarningSettings {
  notifications: boolean;
  muted: string[];
}

/** Shows an alert once while it lasts, and takes it back when it is over. */
export class Warnings {
  constructor(
    private readonly _sidebar: ISidebar,
    private readonly _showPanel: () => void,
    private readonly _settings: () => IWarningSettings
  ) {
    _sidebar.model.changed.connect(this._onChanged, this);
  }

  private _onChanged(model: SidebarModel, part: string): void {
    if (part !== 'alerts') {
      return;
    }
    for (const [key, id] of [...this._shown]) {
      if (!model.alerts.has(key)) {
        Notification.dismiss(id);
        this._shown.delete(key);
      }
    }
    const { notifications, muted } = this._settings();
    for (const alert of model.alerts.values()) {
      if (notifications && !muted.includes(alert.code) && !this._shown.has(alert.key)) {
        this._shown.set(alert.key, this._show(alert));
      }
    }
  }

  private _show(alert: IAlert): string {
    const { say, trans } = this._sidebar;
    const label = actionLabel(alert.action, trans);
    return Notification.emit(say(alert.text), alert.level, {
      autoClose: alert.level === 'info' ? 15000 : false,
      actions: [{ label, displayType: 'accent', callback: () => this._act(alert) }]
    });
  }

  private _act(alert: IAlert): void {
    const { actions, model } = this._sidebar;
    const run = model.runs.find(item => item.id === alert.about);
    const owner = model.owners.find(item => item.key === alert.about);
    if (alert.action === 'free-most') {
      void actions.freeTheMost();
    } else if (alert.action === 'stop-run' && run) {
      void actions.askRun(run, 'stop');
    } else if (alert.action === 'resume-run' && run) {
      void actions.resumeEnded(run);
    } else if (alert.action === 'show-owner' && owner?.path) {
      actions.openNotebook(owner.path);
      this._showPanel();
    } else {
      this._showPanel();
    }
  }

  private readonly _shown = new Map<string, string>();
}

function actionLabel(action: string, trans: TranslationBundle): string {
  const labels: { [action: string]: string } = {
    'free-most': trans.__('Free memory…'),
    'stop-run': trans.__('Stop the run'),
    'resume-run': trans.__('Resume'),
    'show-owner': trans.__('Open the notebook'),
    'show-run': trans.__('Show the run')
  };
  return labels[action] ?? trans.__('Show');
}
