// Where pages stand: JupyterLab's main area, a tab of Notebook 7's file list, or a browser tab of
// their own where Notebook 7 shows one document only.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { TabPanel, type Widget } from '@lumino/widgets';

const RUN = 'paddle-lab-run';
const NAME = 'paddle-lab-name';

export interface IPlace {
  add(page: Widget): void;
  activate(page: Widget): void;
}

/** The place for pages in this browser tab, or null where there is none. */
export function placeOf(app: JupyterFrontEnd, isLab: boolean): IPlace | null {
  if (isLab) {
    return {
      add: page => app.shell.add(page, 'main', { type: 'Paddle Lab' }),
      activate: page => app.shell.activateById(page.id)
    };
  }
  for (const widget of app.shell.widgets('main')) {
    if (widget instanceof TabPanel) {
      return {
        add: page => widget.addWidget(page),
        activate: page => {
          widget.currentWidget = page;
          page.activate();
        }
      };
    }
  }
  return null;
}

/** Open the page in a browser tab of its own. */
export function openElsewhere(id: string | null, name: string): void {
  const query = new URLSearchParams({ [RUN]: id ?? '', [NAME]: name });
  window.open(`${URLExt.join(PageConfig.getBaseUrl(), 'tree')}?${query.toString()}`, '_blank');
}

/** The page that an address asks for. */
export function askedFor(search: string): { id: string | null; name: string } | null {
  const query = new URLSearchParams(search);
  const id = query.get(RUN);
  return id === null ? null : { id: id || null, name: query.get(NAME) || id };
}
