// The chart of the run pages: one run or several, zoomed by dragging and by keys, read by both.

import uPlot from 'uplot';

import type { IRunChart } from '../run/card';
import { walked } from '../run/curve';
import { make, setText } from '../run/dom';
import type { Snapshot } from '../run/state';
import { ChartTools, type Form, legendOf } from './chartTools';
import type { PagePhrases } from './phrases';
import { along, axisOf, type ILine, type ILook, lineOf, moved, smoothingOf, zoomed } from './lines';
import { plotOptions } from './plotOptions';
import { factsAt, pictureOf } from './picture';
import { saveBlob, savePng, saveSvg } from './save';

const HEIGHT = 320;
const LEAST_WIDTH = 280;

export interface IChartOptions {
  phrases: PagePhrases;
  /** Every point of these runs as CSV. */
  points: (ids: string[]) => Promise<Blob>;
  /** A word on what could not be saved. */
  failed: (error: unknown) => void;
}

/** The curve with its tools. Fed with snapshots; knows nothing of the server. */
export class PageChart implements IRunChart {
  private readonly tools: ChartTools;
  private readonly legend = make('ul', 'plab-lines');
  private readonly plot = make('div', 'plab-plot plab-page-plot');
  private readonly readout = make('div', 'plab-page-readout');
  private readonly observers: (ResizeObserver | MutationObserver)[] = [];
  private readonly runs = new Map<string, Snapshot>();
  private look: ILook = { smoothing: 0, log: false };
  private chosen = false;
  private lines: ILine[] = [];
  private axis: number[] = [];
  private window: [number, number] | null = null;
  private chart: uPlot | null = null;
  private shape = '';
  private cursor = -1;

  constructor(
    private readonly host: HTMLElement,
    private readonly options: IChartOptions
  ) {
    const { phrases } = options;
    this.tools = new ChartTools(phrases, {
      smooth: value => this.choose({ ...this.look, smoothing: value }),
      log: value => this.choose({ ...this.look, log: value }),
      zoom: factor => this.zoom(factor),
      whole: () => this.show(null),
      save: form => void this.save(form)
    });
    this.readout.setAttribute('aria-live', 'polite');
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'group');
    this.plot.setAttribute('aria-label', `${phrases.say('plot.tools')}. ${phrases.say('plot.keys')}`);
    this.plot.addEventListener('keydown', event => this.pressed(event));
    this.plot.addEventListener('blur', () => this.read(-1));
    host.classList.add('plab-page-chart');
    host.append(this.tools.node, this.legend, this.plot, this.readout);
    const resizes = new ResizeObserver(() => this.fit());
    resizes.observe(this.plot);
    const themes = new MutationObserver(() => this.chart?.redraw(false));
    themes.observe(document.body, { attributeFilter: ['class', 'data-jp-theme-name'] });
    this.observers.push(resizes, themes);
  }

  /** Draw a run as it is now, beside the others. */
  update(snapshot: Snapshot): void {
    this.runs.set(snapshot.run_id, snapshot);
    if (!this.chosen) {
      const points = [...this.runs.values()].map(run => run.columns.step.length);
      this.look = { ...this.look, smoothing: smoothingOf(Math.max(...points)) };
    }
    this.draw();
  }

  dispose(): void {
    this.observers.forEach(observer => observer.disconnect());
    this.chart?.destroy();
    this.chart = null;
    this.host.replaceChildren();
  }

  private choose(look: ILook): void {
    this.chosen = true;
    this.look = look;
    this.draw();
  }

  private draw(): void {
    this.lines = [...this.runs.values()].map(run => lineOf(run, this.look.smoothing));
    this.axis = axisOf(this.lines);
    this.tools.show(this.look);
    this.drawLegend();
    this.host.classList.toggle('plab-no-points', this.axis.length === 0);
    if (this.axis.length === 0) {
      return;
    }
    const shape = `${this.lines.map(line => line.id).join()}|${this.look.log}|${this.metrics.join()}`;
    if (this.chart && shape !== this.shape) {
      this.chart.destroy();
      this.chart = null;
    }
    this.shape = shape;
    const data = this.data();
    if (this.chart) {
      this.chart.setData(data, false);
    } else {
      this.plot.replaceChildren();
      this.chart = new uPlot(this.settings(), data, this.plot);
    }
    this.show(this.window);
    this.read(this.cursor);
  }

  private data(): uPlot.AlignedData {
    const { log } = this.look;
    const columns = this.lines.flatMap(line => [
      along(this.axis, line.steps, line.loss, log),
      along(this.axis, line.steps, line.smoothed, log),
      along(this.axis, line.evals.map(([step]) => step), line.evals.map(([, value]) => value), false)
    ]);
    return [this.axis, ...columns];
  }

  /** The metrics of the right axis, each once. */
  private get metrics(): string[] {
    return [...new Set(this.lines.filter(line => line.evals.length).map(line => line.metric))];
  }

  private settings(): uPlot.Options {
    return plotOptions({
      width: this.width(),
      height: HEIGHT,
      font: `12px ${getComputedStyle(this.host).fontFamily}`,
      runs: this.lines.length,
      metrics: this.metrics,
      look: this.look,
      phrases: this.options.phrases,
      color: name => this.color(name),
      told: index => this.tell(index),
      chosen: window => {
        this.window = window;
        this.tools.zoomed(true);
      },
      whole: () => this.show(null)
    });
  }

  private get whole(): [number, number] {
    const first = this.axis[0] ?? 0;
    return [first, Math.max(first + 1, this.axis.at(-1) ?? 1)];
  }

  /** Show a part of the curve; null is all of it, which grows with a live run. */
  private show(window: [number, number] | null): void {
    this.window = window;
    const [min, max] = window ?? this.whole;
    this.chart?.setScale('x', { min, max });
    this.tools.zoomed(window !== null);
  }

  private zoom(factor: number): void {
    const window = this.window ?? this.whole;
    const at = this.axis[this.cursor];
    const around = at !== undefined && at >= window[0] && at <= window[1] ? at : (window[0] + window[1]) / 2;
    this.show(zoomed(window, this.whole, factor, around));
  }

  private pressed(event: KeyboardEvent): void {
    const last = this.axis.length - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { key } = event;
    if (key === '+' || key === '=') {
      this.zoom(0.5);
    } else if (key === '-') {
      this.zoom(2);
    } else if (key === '0') {
      this.show(null);
    } else if (event.shiftKey && (key === 'ArrowLeft' || key === 'ArrowRight')) {
      if (this.window) {
        this.show(moved(this.window, this.whole, key === 'ArrowLeft' ? -0.25 : 0.25));
      }
    } else if (!this.walk(key, last)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private walk(key: string, last: number): boolean {
    const target = walked(key, this.cursor, last);
    if (target === undefined || (key === 'Escape' && this.cursor < 0)) {
      return false;
    }
    this.read(target);
    return true;
  }

  /** Put the cursor on a point of the axis; below zero takes it away. */
  private read(index: number): void {
    this.cursor = index;
    const step = this.axis[index];
    if (!this.chart) {
      return;
    }
    if (step === undefined) {
      this.chart.setCursor({ left: -10, top: -10 });
      this.tell(-1);
      return;
    }
    if (this.window && (step < this.window[0] || step > this.window[1])) {
      const half = (this.window[1] - this.window[0]) / 2;
      this.show(moved([step - half, step + half], this.whole, 0));
    }
    this.chart.setCursor({ left: this.chart.valToPos(step, 'x'), top: 0 }, false);
    this.tell(index);
  }

  /** What every run has at a step, a line for each. The lines are there without a step, too. */
  private tell(index: number): void {
    const step = this.axis[index];
    const { phrases } = this.options;
    const several = this.lines.length > 1;
    this.lines.forEach((line, at) => {
      const at_ = step === undefined ? [] : [phrases.say('plot.at', { step }), several && line.name];
      const facts = step === undefined ? '' : factsAt(line, step, this.look, phrases);
      const said = [...at_, facts].filter(Boolean).join(' · ');
      setText(this.readout.children[at] ?? this.readout.appendChild(make('p', '')), said);
    });
  }

  private drawLegend(): void {
    const names = this.lines.map(line => line.name).join('\n');
    if (this.legend.dataset.names !== names) {
      this.legend.dataset.names = names;
      this.legend.hidden = this.lines.length < 2;
      this.legend.replaceChildren(...legendOf(this.lines));
    }
  }

  private async save(form: Form): Promise<void> {
    const name = this.lines.map(line => line.name).join('-') || 'curve';
    try {
      if (form === 'csv') {
        saveBlob(await this.options.points(this.lines.map(line => line.id)), name, 'csv');
      } else if (form === 'svg') {
        saveSvg(this.picture(), name);
      } else {
        await savePng(this.picture(), name);
      }
    } catch (error) {
      this.options.failed(error);
    }
  }

  /** The part that is shown, as SVG. */
  private picture(): string {
    return pictureOf(this.lines, {
      phrases: this.options.phrases,
      look: this.look,
      window: this.window ?? this.whole,
      color: name => this.color(name)
    });
  }

  private fit(): void {
    if (this.chart && this.plot.clientWidth > 0 && this.chart.width !== this.width()) {
      this.chart.setSize({ width: this.width(), height: HEIGHT });
    }
  }

  private width(): number {
    return Math.max(LEAST_WIDTH, this.plot.clientWidth);
  }

  private color(name: string): string {
    return getComputedStyle(this.host).getPropertyValue(`--plab-${name}`).trim();
  }
}
