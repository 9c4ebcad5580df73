import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import pagePlugin from './page/plugin';
import runPlugin from './run/plugin';
import sidebarPlugin from './sidebar/plugin';
import streamPlugin from './streamPlugin';

/** Every plugin of the extension. Each folder adds its own. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  streamPlugin,
  runPlugin,
  sidebarPlugin,
  pagePlugin
];

export default plugins;
