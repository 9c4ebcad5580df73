/** The status bar item of live runs: how far, how long; a click shows the card. */

import { ReactWidget } from '@jupyterlab/apputils';
import { runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ISidebar, SidebarProvider, useModel, useSidebar } from './context';
import { nearestToEnd, progressOf } from './following';

/** The run nearest to its end, and how many there are beside it; nothing where none lives. */
export class RunsItem extends ReactWidget {
  constructor(private readonly _sidebar: ISidebar) {
    super();
    this.addClass('pl-status');
  }

  protected render(): JSX.Element {
    return (
      <SidebarProvider value={this._sidebar}>
        <Item />
      </SidebarProvider>
    );
  }
}

function Item(): JSX.Element | null {
  const sidebar = useSidebar();
  const { trans, presenter, currentPath, actions } = sidebar;
  const model = useModel('runs', 'settings');
  const live = model.runs.filter(run => run.live);
  const run = nearestToEnd(live);
  if (!run) {
    return null;
  }
  const name = presenter() && run.path !== currentPath() ? trans.__('Another run') : run.name;
  const more = live.length > 1 ? ` +${live.length - 1}` : '';
  const title = trans.__('Training run %1: show its card', name);
  return (
    <button
      className="pl-status-button"
      title={title}
      onClick={() => void actions.showRun(run)}
      onContextMenu={event => {
        event.preventDefault();
        event.stopPropagation();
        actions.showMenu(live, event.currentTarget);
      }}
    >
      <runIcon.react tag="span" width="14px" height="14px" />
      <span className="pl-status-name" dir="auto">
        {name}
      </span>
      <span className="pl-status-progress">{progressOf(run, sidebar) + more}</span>
    </button>
  );
}
