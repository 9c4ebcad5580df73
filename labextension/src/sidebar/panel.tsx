/** The panel: sections from top to bottom, and why there is nothing to see when there is nothing. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { ISidebar, SidebarProvider, useModel, useSidebar } from './context';
import { Environment } from './doctor';
import type { Feed } from './feed';
import { FocusKeeper } from './focus';
import { Gpus } from './gpus';
import { Host } from './host';
import { paddleIcon } from './icon';
import { Owners } from './owners';
import { Condition } from './parts';
import { Runs } from './runs';
import { connectionCondition } from './connection';
import { isForAll } from './warnings';

/** The widget in the side area. It listens only while it is shown. */
export class SidebarPanel extends ReactWidget {
  constructor(
    private readonly _sidebar: ISidebar,
    private readonly _feed: Feed
  ) {
    super();
    const { trans } = _sidebar;
    this.id = 'paddle-lab-sidebar';
    this.addClass('pl-sidebar');
    this.title.icon = paddleIcon;
    this.title.caption = trans.__('GPUs and training runs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('GPUs and training runs'));
    this.focus = new FocusKeeper(this.node);
  }

  readonly focus: FocusKeeper;

  /** Bring a section into view. */
  reveal(section: string | undefined): void {
    if (section) {
      const scroll = (): void =>
        this.node.querySelector(`#pl-${section}-title`)?.scrollIntoView({ block: 'start' });
      // A panel that is opened for the first time is drawn in the frame after this one.
      window.requestAnimationFrame(() => window.requestAnimationFrame(scroll));
    }
  }

  protected onActivateRequest(): void {
    this.focus.enter();
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._look();
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this._feed.watch('panel', false);
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // A panel in a side area that is folded away is attached, but not visible.
    if (this.isVisible) {
      this._look();
    }
  }

  protected onBeforeDetach(message: Message): void {
    this._feed.watch('panel', false);
    super.onBeforeDetach(message);
  }

  /** Nothing is drawn or asked for before somebody has opened the panel once. */
  private _look(): void {
    this._feed.watch('panel', true);
    if (!this._seen) {
      this._seen = true;
      this.update();
    }
  }

  protected render(): JSX.Element | null {
    return !this._seen ? null : (
      <SidebarProvider value={this._sidebar}>
        <Panel />
      </SidebarProvider>
    );
  }

  private _seen = false;
}

/** What grows while a run lives stands below all that has one height, so that nothing moves by itself. */
function Panel(): JSX.Element {
  const { presenter } = useSidebar();
  // Not what changes each second: that would draw every section anew.
  useModel('settings');
  return (
    <div className={`pl-panel${presenter() ? ' pl-mod-presenter' : ''}`}>
      <Header />
      <div className="pl-columns">
        <Runs />
        <Gpus />
        <Host />
        <Environment />
        <Owners />
      </div>
      <div className="pl-foot">
        <Status />
        <Alerts />
      </div>
    </div>
  );
}

function Header(): JSX.Element {
  const { trans, showOwnGpus } = useSidebar();
  const model = useModel('shape');
  return (
    <div className="pl-header">
      <h2 className="pl-title">{trans.__('GPUs and runs')}</h2>
      {model.simulated ? (
        <button
          className="pl-badge"
          title={trans.__("Made-up numbers. A click shows the machine's own GPUs.")}
          onClick={showOwnGpus}
        >
          {trans.__('simulated')}
        </button>
      ) : null}
    </div>
  );
}

/** The connection, where it is broken. */
function Status(): JSX.Element {
  const { trans } = useSidebar();
  const model = useModel('shape', 'connection');
  const broken = connectionCondition(model.connection, trans);
  return (
    <>
      {broken ? <Condition condition={broken} /> : null}
      {!model.ready && !broken ? <p className="pl-empty">{trans.__('Connecting…')}</p> : null}
    </>
  );
}

/** Warnings come and go at the lower edge, as does what is wrong with the connection: nothing above them moves. */
function Alerts(): JSX.Element {
  const sidebar = useSidebar();
  const { trans, say } = sidebar;
  const model = useModel('alerts', 'settings');
  // What is said of a GPU stands in its row already.
  const alerts = [...model.alerts.values()].filter(alert => alert.action !== 'show-gpu' && isForAll(alert, sidebar));
  return (
    <ul className="pl-alerts" aria-live="polite" aria-label={trans.__('Warnings')}>
      {alerts.map(alert => (
        <li key={alert.key} className={`pl-alert pl-mod-${alert.level}`}>
          {say(alert.text)}
        </li>
      ))}
    </ul>
  );
}

