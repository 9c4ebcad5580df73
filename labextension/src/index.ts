import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import runPlugin from './run/plugin';

/** Every plugin of the extension. Each room adds its own. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [runPlugin];

export default plugins;
