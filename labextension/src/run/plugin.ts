import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'paddle-lab:run',
  description: 'Draws fine-tuning runs in the cells that started them.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app: JupyterFrontEnd, _rendermime: IRenderMimeRegistry): void => undefined
};

export default plugin;
