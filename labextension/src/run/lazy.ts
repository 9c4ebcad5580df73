// The run's card and its chart are fetched when the first run is drawn, not when the page opens.

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel } from '@lumino/widgets';

import type { IRendererOptions, RunRenderer } from './renderer';

/** Stands where the card will be. */
export class LazyRunRenderer extends Panel implements IRenderMime.IRenderer {
  private inner: Promise<RunRenderer> | null = null;

  constructor(private readonly options: IRendererOptions) {
    super();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.inner ??= this.load();
    const renderer = await this.inner;
    if (!this.isDisposed) {
      await renderer.renderModel(model);
    }
  }

  private async load(): Promise<RunRenderer> {
    const { RunRenderer } = await import('./renderer');
    const renderer = new RunRenderer(this.options);
    if (this.isDisposed) {
      renderer.dispose();
    } else {
      this.addWidget(renderer);
    }
    return renderer;
  }
}
