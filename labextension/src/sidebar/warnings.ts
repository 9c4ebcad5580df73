/** Alerts as JupyterLab notifications, each with the action that helps. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ISidebar } from './context';
import type { SidebarModel } from './model';
import type * as wire from './messages';

export interface IWarningSettings {
  notifications: boolean;
  muted: string[];
}

/** Kinds that name a notebook or a run. */
const NAMING = ['held-idle', 'loss-nan', 'loss-flat', 'stalled', 'crashed', 'out-of-memory'];

/** Kinds that tell how a run ended: its card says more. */
const OF_RUNS = ['crashed', 'out-of-memory'];

/** Shows an alert once while it lasts, and takes it back when it is over. */
export class Warnings {
  constructor(
    private readonly _sidebar: ISidebar,
    private readonly _showPanel: (section?: string) => void,
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
      const wanted = notifications && !muted.includes(alert.code) && isForAll(alert, this._sidebar);
      if (wanted && !this._shown.has(alert.key)) {
        this._shown.set(alert.key, this._show(alert));
      }
    }
  }

  private _show(alert: wire.Alert): string {
    const { say, trans } = this._sidebar;
    const label = actionLabel(alert.action, trans);
    const act = { label, displayType: 'accent' as const, callback: () => void this._act(alert) };
    const show = { label: trans.__('Show the run'), callback: () => void this._showRun(alert.about) };
    return Notification.emit(say(alert.text), alert.level, {
      autoClose: alert.level === 'info' ? 15000 : false,
      actions: OF_RUNS.includes(alert.code) ? [show, act] : [act]
    });
  }

  private async _showRun(id: string): Promise<void> {
    const { actions } = this._sidebar;
    const { runs } = await actions.now().catch(() => ({ runs: [] as wire.Run[] }));
    const run = runs.find(item => item.id === id);
    if (run) {
      await actions.showRun(run);
    } else {
      this._showPanel('runs');
    }
  }

  /** The panel may be closed: what the alert is about is asked for, not remembered. */
  private async _act(alert: wire.Alert): Promise<void> {
    const { actions } = this._sidebar;
    if (alert.action === 'free-most') {
      return actions.freeTheMost();
    }
    const { owners, runs } = await actions.now().catch(() => ({ owners: [], runs: [] }));
    const run = runs.find(item => item.id === alert.about);
    const owner = owners.find(item => item.key === alert.about);
    if (alert.action === 'stop-run' && run) {
      await actions.askRun(run, 'stop');
    } else if (alert.action === 'resume-run' && run) {
      await actions.resumeEnded(run);
    } else {
      actions.openNotebook(owner?.path ?? null);
      this._showPanel(alert.action === 'show-run' ? 'runs' : undefined);
    }
  }

  private readonly _shown = new Map<string, string>();
}

/** In presenter mode a warning that names somebody else's notebook or run is not for the class. */
export function isForAll(alert: wire.Alert, { model, presenter, currentPath }: ISidebar): boolean {
  if (!presenter() || !NAMING.includes(alert.code)) {
    return true;
  }
  const about = [...model.runs.map(run => ({ key: run.id, path: run.path })), ...model.owners];
  const path = about.find(item => item.key === alert.about)?.path ?? null;
  return path !== null && path === currentPath();
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
