/** The status bar item: how busy, how full; a click opens the panel. */

import { ReactWidget } from '@jupyterlab/apputils';
import * as React from 'react';

import { ISidebar, SidebarProvider, useModel, useSidebar } from './context';
import { gibOfMib, percent } from './format';
import { paddleIcon } from './icon';
import type { SidebarModel } from './model';

/** Utilisation and memory of all GPUs together; nothing where there is none. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _sidebar: ISidebar,
    private readonly _open: () => void
  ) {
    super();
    this.addClass('pl-status');
  }

  protected render(): JSX.Element {
    return (
      <SidebarProvider value={this._sidebar}>
        <Item open={this._open} />
      </SidebarProvider>
    );
  }
}

function Item({ open }: { open: () => void }): JSX.Element | null {
  const { trans } = useSidebar();
  const model = useModel('gpu', 'alerts', 'connection');
  if (!model.gpus.length) {
    return null;
  }
  const { text, title } = words(model, trans.__('GPU'));
  const warned = [...model.alerts.values()].some(alert => alert.level !== 'info');
  const mark = (words: string): string => (model.simulated ? trans.__('%1 (simulated)', words) : words);
  const name = mark(title);
  return (
    <button className={`pl-status-button${warned ? ' pl-mod-warning' : ''}`} title={name} aria-label={name} onClick={open}>
      <paddleIcon.react tag="span" width="14px" height="14px" />
      <span>{mark(text)}</span>
    </button>
  );
}

function words(model: SidebarModel, gpu: string): { text: string; title: string } {
  const whole = model.wholeGpus;
  const busy = whole.map(view => view.fast[0]).filter((value): value is number => value !== null);
  const mean = busy.length ? Math.round(busy.reduce((sum, value) => sum + value, 0) / busy.length) : null;
  const used = whole.reduce((sum, view) => sum + (view.fast[1] ?? 0), 0);
  const total = whole.reduce((sum, view) => sum + (view.gpu.memory ?? 0), 0);
  const count = whole.length > 1 ? `${whole.length} × ${gpu}` : gpu;
  return {
    // Of one width, however many digits: what stands beside it keeps its place.
    text: `GPU ${wide(percent(mean), percent(100))} · ${wide(gibOfMib(used), gibOfMib(total))} / ${gibOfMib(total)} GiB`,
    title: `${count}: ${percent(mean)}, ${gibOfMib(used)} / ${gibOfMib(total)} GiB`
  };
}

/** As wide as another number: digits are of one width, and so is this space. */
function wide(number: string, as: string): string {
  return number.padStart(as.length, '\u2007');
}
