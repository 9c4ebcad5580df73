import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import environmentPlugin from './environment/plugin';
import notebookPlugin from './notebook/plugin';
import pagePlugin from './page/plugin';
import runPlugin from './run/plugin';
import sidebarPlugin from './sidebar/plugin';
import startingPlugin from './starting/plugin';
import streamPlugin from './streamPlugin';

/** Every plugin of the extension. Each folder adds its own. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  streamPlugin,
  notebookPlugin,
  runPlugin,
  sidebarPlugin,
  pagePlugin,
  startingPlugin,
  environmentPlugin
];

export default plugins;
