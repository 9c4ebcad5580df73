/** What is chosen in the file browser. Typed by what is used: no file browser package is bundled. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';

interface IBrowser extends Widget {
  selectedItems(): Iterable<{ path: string; type: string }>;
  model: { path: string };
}

/** The file browser that is seen, wherever the application has it. */
function browser(app: JupyterFrontEnd): IBrowser | null {
  const areas = ['left', 'right', 'main'];
  const all = areas.flatMap(area => [...widgetsIn(app, area)]).flatMap(withChildren);
  const found = all.filter((one): one is IBrowser => typeof (one as Widget & { selectedItems?: unknown }).selectedItems === 'function');
  return found.find(one => one.isVisible) ?? found[0] ?? null;
}

function widgetsIn(app: JupyterFrontEnd, area: string): Iterable<Widget> {
  try {
    return app.shell.widgets(area);
  } catch {
    return []; // an application without this area
  }
}

function withChildren(widget: Widget): Widget[] {
  return [widget, ...[...widget.children()].flatMap(withChildren)];
}

/** The path of the one file that is chosen; null for none, several, or a folder. */
export function chosenFile(app: JupyterFrontEnd): string | null {
  const items = [...(browser(app)?.selectedItems() ?? [])];
  return items.length === 1 && items[0] && items[0].type !== 'directory' ? items[0].path : null;
}

/** The folder that is shown; the server's own where there is no file browser. */
export function browsedFolder(app: JupyterFrontEnd): string {
  return browser(app)?.model.path ?? '';
}
