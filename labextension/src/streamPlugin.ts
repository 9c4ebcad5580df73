import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { IStream, Stream } from './stream';

const plugin: JupyterFrontEndPlugin<IStream> = {
  id: 'paddle-lab:stream',
  description: 'The one socket between this browser tab and the Paddle Lab server extension.',
  autoStart: true,
  provides: IStream,
  activate: (app: JupyterFrontEnd): IStream => new Stream(app.serviceManager.serverSettings)
};

export default plugin;
