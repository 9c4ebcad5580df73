// How uPlot draws the runs: axes with titles, two lines and the evaluations of each run.

import type uPlot from 'uplot';

import { isShare, tick } from '../run/numbers';
import { COLORS, dashOf, type ILook } from './lines';
import type { PagePhrases } from './phrases';

interface IPlot {
  width: number;
  height: number;
  font: string;
  runs: number;
  /** The metrics of the right axis. */
  metrics: string[];
  look: ILook;
  phrases: PagePhrases;
  color: (name: string) => string;
  /** The cursor stands on a point of the axis, -1 for none. */
  told: (index: number) => void;
  /** A part was chosen by dragging. */
  chosen: (window: [number, number]) => void;
  /** The whole curve is wanted again. */
  whole: () => void;
}

const LEAST_DRAG = 4;

export function plotOptions(plot: IPlot): uPlot.Options {
  const { font, look, metrics, phrases, color } = plot;
  const hasEvals = metrics.length > 0;
  const axis = (scale: string, side: number, label: string, grid: boolean): uPlot.Axis => ({
    scale,
    side,
    font,
    label,
    labelFont: font,
    labelSize: 20,
    stroke: () => color('ink'),
    grid: { show: grid, stroke: () => color('grid'), width: 1 },
    ticks: { show: false },
    gap: 6,
    size: side % 2 ? 56 : 30,
    values: (_, ticks: (number | null)[]) =>
      ticks.map(value => (value === null ? '' : tick(value, scale === 'metric' && metrics.every(isShare))))
  });
  const line = (index: number, scale: string, more: uPlot.Series): uPlot.Series => ({
    scale,
    stroke: () => color(`run-${(index % COLORS) + 1}`),
    points: { show: false },
    spanGaps: true,
    ...more
  });
  const linesOf = (index: number): uPlot.Series[] => [
    // Several curves stand out by their smoothed lines alone: none is drawn pale.
    line(index, 'loss', { width: 1, show: plot.runs === 1, stroke: () => color('ink') }),
    line(index, 'loss', { width: 2, dash: dashOf(index) }),
    line(index, 'metric', {
      width: 0,
      paths: () => null,
      ...(plot.runs === 1 ? { stroke: () => color('metric') } : {}),
      points: {
        show: true,
        size: 8,
        fill: () => color(plot.runs === 1 ? 'metric' : `run-${(index % COLORS) + 1}`)
      }
    })
  ];
  return {
    width: plot.width,
    height: plot.height,
    padding: [8, hasEvals ? 4 : 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false } },
    scales: {
      x: { time: false },
      loss: look.log ? { distr: 3, log: 10 } : {},
      metric: {}
    },
    axes: [
      axis('x', 2, phrases.say('table.step'), false),
      axis('loss', 3, phrases.say('plot.loss'), true),
      ...(hasEvals ? [axis('metric', 1, metrics.map(name => phrases.metric(name)).join(', '), false)] : [])
    ],
    series: [{}, ...Array.from({ length: plot.runs }, (_, index) => linesOf(index)).flat()],
    hooks: {
      setCursor: [chart => plot.told(chart.cursor.idx ?? -1)],
      setSelect: [
        ({ select, posToVal }) => {
          if (select.width > LEAST_DRAG) {
            plot.chosen([posToVal(select.left, 'x'), posToVal(select.left + select.width, 'x')]);
          }
        }
      ],
      ready: [chart => chart.over.addEventListener('dblclick', plot.whole)]
    }
  };
}
