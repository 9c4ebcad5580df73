/** Live runs in JupyterLab's own panel of running things, beside the kernels. */

import type { IRunningSessions } from '@jupyterlab/running';
import { stopIcon } from '@jupyterlab/ui-components';
import { type ISignal, Signal } from '@lumino/signaling';

import type { ISidebar } from './context';
import { paddleIcon } from './icon';
import { percentOf, stateName, stateOf } from './runWords';
import type * as wire from './messages';

/** A section of the running panel: a click opens the notebook, the button stops and keeps the weights. */
export class RunningRuns implements IRunningSessions.IManager {
  constructor(private readonly _sidebar: ISidebar) {
    const { trans, model } = _sidebar;
    this.name = trans.__('Training runs');
    this.shutdownLabel = trans.__('Stop and keep what it has learnt');
    this.shutdownAllLabel = trans.__('Stop all runs');
    this.shutdownAllConfirmationText = trans.__('Stop all runs and keep what they have learnt?');
    model.changed.connect((_, part) => {
      if (part === 'runs') {
        this._runningChanged.emit();
      }
    });
  }

  readonly name: string;
  readonly shutdownLabel: string;
  readonly shutdownAllLabel: string;
  readonly shutdownAllConfirmationText: string;
  readonly shutdownItemIcon = stopIcon;

  get runningChanged(): ISignal<this, void> {
    return this._runningChanged;
  }

  running(): IRunningSessions.IRunningItem[] {
    return this._live.map(run => this._item(run));
  }

  shutdownAll(): void {
    this._live.forEach(run => void this._sidebar.actions.askRun(run, 'stop'));
  }

  /** The refresh button: ask once, also where settings keep the page from being told. */
  refreshRunning(): void {
    const { actions, model } = this._sidebar;
    actions.now().then(
      ({ runs }) => model.takeRuns({ type: 'snapshot', runs }),
      () => this._runningChanged.emit()
    );
  }

  private get _live(): wire.Run[] {
    return this._sidebar.model.runs.filter(run => run.live);
  }

  private _item(run: wire.Run): IRunningSessions.IRunningItem {
    const { actions, presenter, currentPath, trans } = this._sidebar;
    const hidden = presenter() && run.path !== currentPath();
    return {
      icon: () => paddleIcon,
      label: () => (hidden ? trans.__('Another run') : run.name),
      labelTitle: () => (hidden ? '' : run.folder),
      detail: () => (run.state === 'training' && !run.stopping ? `${percentOf(run)}%` : stateName(stateOf(run), trans)),
      open: () => actions.openNotebook(run.path),
      shutdown: () => void actions.askRun(run, 'stop')
    };
  }

  private readonly _runningChanged = new Signal<this, void>(this);
}
