// The one chart: live, in a saved notebook and in the widget. Knows nothing of Jupyter.

import uPlot from 'uplot';

import { curveOf, type ICurve, metricOf, walked } from './curve';
import { make } from './dom';
import type { Words } from './i18n';
import { figure, isShare, number, tick } from './numbers';
import type { Snapshot } from './state';

const HEIGHT = 210;
const LEAST_WIDTH = 280;

/** Loss raw and smoothed, learning rate, evaluations with the best marked; read by keyboard too. */
export class RunChart {
  private readonly plot: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly readout: HTMLElement;
  private readonly description: HTMLElement;
  private readonly observers: (ResizeObserver | MutationObserver)[] = [];
  private chart: uPlot | null = null;
  private curve: ICurve | null = null;
  private metric = '';
  private cursor = -1;
  private hasEvals = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly words: Words
  ) {
    host.classList.add('plab-chart');
    this.legend = host.appendChild(make('div', 'plab-legend'));
    this.plot = host.appendChild(make('div', 'plab-plot'));
    this.readout = host.appendChild(make('div', 'plab-readout'));
    this.readout.setAttribute('aria-live', 'polite');
    this.description = host.appendChild(make('p', 'plab-unseen'));
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'group');
    this.plot.setAttribute('aria-label', `${words.say('chart.label')}. ${words.say('chart.keys')}`);
    this.plot.addEventListener('keydown', event => this.pressed(event));
    this.plot.addEventListener('blur', () => this.read(-1));
    const resizes = new ResizeObserver(() => this.fit());
    resizes.observe(this.plot);
    const themes = new MutationObserver(() => this.chart?.redraw(false));
    themes.observe(document.body, {
      attributeFilter: ['class', 'data-jp-theme-name', 'data-jp-theme-light', 'data-vscode-theme-id']
    });
    this.observers.push(resizes, themes);
  }

  /** Draw a run as it is now. */
  update(snapshot: Snapshot): void {
    const curve = curveOf(snapshot);
    this.curve = curve;
    this.metric = metricOf(snapshot);
    this.describe(snapshot);
    this.drawLegend(snapshot);
    if (curve.steps.length === 0) {
      return;
    }
    const hasEvals = snapshot.evals.length > 0;
    if (this.chart && hasEvals !== this.hasEvals) {
      this.chart.destroy();
      this.chart = null;
    }
    this.hasEvals = hasEvals;
    const data: uPlot.AlignedData = [
      curve.steps,
      curve.lr,
      curve.loss,
      curve.smoothed,
      curve.evals
    ];
    if (this.chart) {
      this.chart.setData(data);
      this.read(this.cursor);
    } else {
      this.plot.replaceChildren();
      this.chart = new uPlot(this.options(), data, this.plot);
    }
  }

  dispose(): void {
    this.observers.forEach(observer => observer.disconnect());
    this.chart?.destroy();
    this.chart = null;
  }

  private options(): uPlot.Options {
    const font = `11px ${getComputedStyle(this.host).fontFamily}`;
    const axis = (scale: string, side: number, label: string): uPlot.Axis => ({
      scale,
      side,
      font,
      label,
      labelFont: font,
      labelSize: 16,
      labelGap: 0,
      stroke: () => this.color('ink'),
      grid: { show: side === 3, stroke: () => this.color('grid'), width: 1 },
      ticks: { show: false },
      gap: 6,
      size: side % 2 ? 44 : 22,
      values: (_, ticks) => ticks.map(value => tick(value, scale === 'metric' && isShare(this.metric))),
      ...(scale === 'x' ? { incrs: STEP_INCREMENTS } : { space: 34 })
    });
    const line = (scale: string, color: string, more: uPlot.Series): uPlot.Series => ({
      scale,
      stroke: () => this.color(color),
      points: { show: false },
      spanGaps: true,
      ...more
    });
    return {
      width: this.width(),
      height: HEIGHT,
      padding: [8, this.hasEvals ? 4 : 16, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: true, y: false }
      },
      scales: {
        // Room for the mark of a best evaluation at the last step.
        x: { time: false, range: (_, low, high) => [low, high + 0.02 * (high - low || 1)] },
        loss: { range: (_, low, high) => padded(low, high, 0.02) },
        metric: { range: (_, low, high) => padded(low, high, 0.02) },
        lr: { range: (_, __, high) => [0, (high || 1) * 1.05] }
      },
      axes: [
        axis('x', 2, this.words.say('chart.step')),
        axis('loss', 3, this.words.say('chart.loss')),
        ...(this.hasEvals ? [axis('metric', 1, this.metricName())] : [])
      ],
      series: [
        {},
        line('lr', 'lr', { width: 1, dash: [3, 3] }),
        line('loss', 'ink', { width: 1, alpha: 0.8 }),
        line('loss', 'loss', { width: 2 }),
        line('metric', 'metric', {
          width: 1.5,
          points: { show: true, size: 7, fill: () => this.color('metric') }
        })
      ],
      hooks: {
        draw: [chart => this.markBest(chart)],
        setCursor: [chart => this.show(chart.cursor.idx ?? -1)]
      }
    };
  }

  private markBest(chart: uPlot): void {
    const step = this.curve?.best ?? null;
    const index = step === null ? -1 : this.curve!.steps.indexOf(step);
    const value = index < 0 ? null : this.curve!.evals[index];
    if (step === null || value === null || value === undefined) {
      return;
    }
    const { ctx } = chart;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = this.color('metric');
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    const x = chart.valToPos(step, 'x', true);
    ctx.arc(x, chart.valToPos(value, 'metric', true), 7.5 * ratio, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.restore();
  }

  private drawLegend(snapshot: Snapshot): void {
    const { words } = this;
    const best = snapshot.evals.find(item => item.best)?.metrics[this.metric];
    const items: [string, string][] = [
      ['loss', words.say('chart.loss')],
      ['smooth', words.say('chart.smooth')]
    ];
    if (snapshot.evals.length > 0) {
      const mark = best === undefined ? '' : ` (${words.say('chart.best')} ${figure(this.metric, best)})`;
      items.push(['metric', this.metricName() + mark]);
    }
    items.push(['lr', words.say('chart.lr')]);
    const key = JSON.stringify(items);
    if (this.legend.dataset.key === key) {
      return;
    }
    this.legend.dataset.key = key;
    this.legend.replaceChildren(
      ...items.map(([kind, label]) => {
        const item = document.createElement('span');
        item.className = `plab-mark plab-mark-${kind}`;
        item.textContent = label;
        return item;
      })
    );
  }

  private metricName(): string {
    return this.words.say('chart.eval', { metric: this.metric });
  }

  private describe(snapshot: Snapshot): void {
    const losses = snapshot.columns.loss.filter((value): value is number => value !== null);
    const text =
      losses.length === 0
        ? this.words.say('chart.empty')
        : this.words.say('chart.describe', {
            points: snapshot.points,
            step: snapshot.columns.step.at(-1) ?? 0,
            first: number(losses[0]),
            last: number(losses.at(-1)),
            lowest: number(losses.reduce((a, b) => Math.min(a, b)))
          });
    if (this.description.textContent !== text) {
      this.description.textContent = text;
    }
    if (losses.length === 0 && !this.chart && this.plot.childElementCount === 0) {
      this.plot.append(make('p', 'plab-empty', text));
    }
  }

  private pressed(event: KeyboardEvent): void {
    const last = (this.curve?.steps.length ?? 0) - 1;
    const target = walked(event.key, this.cursor, last);
    if (target === undefined || last < 0) {
      return;
    }
    event.preventDefault();
    // JupyterLab moves between cells with the same keys.
    event.stopPropagation();
    this.read(target);
  }

  /** Put the cursor on a point; below zero takes it away. */
  private read(index: number): void {
    this.cursor = index;
    const step = this.curve?.steps[index];
    if (!this.chart) {
      return;
    }
    if (step === undefined) {
      this.chart.setCursor({ left: -10, top: -10 });
      this.show(-1);
      return;
    }
    this.chart.setCursor({ left: this.chart.valToPos(step, 'x'), top: 0 }, false);
    this.show(index);
  }

  private show(index: number): void {
    this.readout.textContent = this.curve && index >= 0 ? this.pointText(this.curve, index) : '';
  }

  private pointText(curve: ICurve, index: number): string {
    const step = curve.steps[index] ?? 0;
    const value = curve.evals[index];
    const said =
      value === null || value === undefined
        ? []
        : [`${this.metricName()} ${figure(this.metric, value)}`];
    if (curve.loss[index] !== null || said.length === 0) {
      said.unshift(
        this.words.say('chart.point', {
          step,
          loss: number(curve.loss[index]),
          smooth: number(curve.smoothed[index])
        }),
        `${this.words.say('chart.lr')} ${number(curve.lr[index])}`
      );
    }
    return said.join(' · ');
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

const STEP_INCREMENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat(
  [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7]
);

function padded(low: number, high: number, least: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    return [0, 1];
  }
  const air = Math.max(0.05 * (high - low), (least - (high - low)) / 2, 0);
  return [low - air, high + air];
}
