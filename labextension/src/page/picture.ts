// A chart in words, for its reader, and as a picture, for a file.

import { figure, isShare, number } from '../run/numbers';
import { COLORS, dashOf, evalAt, type ILine, type ILook, readAt, type Row } from './lines';
import type { PagePhrases } from './phrases';
import { type ISvgLine, svgOf } from './svg';

/** What a run has at a step; where it ended before, at its own last step. */
export function factsAt(line: ILine, step: number, look: ILook, phrases: PagePhrases): string {
  const point = readAt(line, step);
  const measured = evalAt(line, step);
  const facts = [
    point && point.step !== step && phrases.say('plot.at', { step: point.step }),
    point && `${phrases.say('plot.loss')} ${number(point.smoothed)}`,
    point && look.smoothing > 0 && phrases.say('plot.raw_loss', { value: number(point.loss) }),
    point?.lr != null && phrases.say('plot.lr', { value: number(point.lr) }),
    measured !== null && `${phrases.metric(line.metric)} ${figure(line.metric, measured)}`
  ].filter(Boolean);
  return facts.join(', ') || '–';
}

interface IPicture {
  phrases: PagePhrases;
  look: ILook;
  window: [number, number];
  /** A colour of the page as it is now. */
  color: (name: string) => string;
}

/** The part of the curves in the window, as SVG. */
export function pictureOf(lines: readonly ILine[], options: IPicture): string {
  const { phrases, look, window, color } = options;
  const metrics = [...new Set(lines.filter(line => line.evals.length).map(line => line.metric))];
  return svgOf({
    title: lines.map(line => line.name).join(', '),
    x: window,
    xTitle: phrases.say('table.step'),
    yTitle: phrases.say('plot.loss'),
    rightShare: metrics.every(isShare),
    rightTitle: metrics.map(name => phrases.metric(name)).join(', '),
    log: look.log,
    lines: lines.flatMap((line, index) => shapesOf(line, index, options, lines.length === 1)),
    ink: color('strong'),
    ground: color('ground'),
    grid: color('grid')
  });
}

function shapesOf(
  line: ILine,
  index: number,
  { phrases, look, color }: IPicture,
  alone: boolean
): ISvgLine[] {
  const shared = { color: color(`run-${(index % COLORS) + 1}`) };
  const points = (values: Row): [number, number][] =>
    line.steps.flatMap((step, at) => {
      const value = values[at] ?? null;
      return value === null || (look.log && value <= 0) ? [] : [[step, value] as [number, number]];
    });
  const shown: ISvgLine[] = [];
  if (look.smoothing && alone) {
    const label = `${line.name}, ${phrases.say('plot.raw_loss', { value: '' }).trim()}`;
    shown.push({ color: color('ink'), label, points: points(line.loss), width: 1 });
  }
  shown.push({
    ...shared,
    label: `${line.name}, ${phrases.say('plot.loss')}`,
    points: points(line.smoothed),
    width: 2,
    ...(dashOf(index) ? { dash: '8 4' } : {})
  });
  if (line.evals.length) {
    shown.push({ ...shared, ...(alone ? { color: color('metric') } : {}), label: `${line.name}, ${phrases.metric(line.metric)}`, points: line.evals, width: 4, right: true });
  }
  return shown;
}
