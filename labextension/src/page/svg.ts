// A chart as an SVG file: plain shapes and text, so that it opens everywhere and can be edited.

import { tick } from '../run/numbers';

export interface ISvgLine {
  label: string;
  color: string;
  dash?: string;
  points: [x: number, y: number][];
  width: number;
  /** Drawn as dots against the right axis. */
  right?: boolean;
}

export interface ISvgChart {
  title: string;
  x: [number, number];
  xTitle: string;
  yTitle: string;
  rightTitle: string;
  /** The right axis is written as percentages. */
  rightShare: boolean;
  log: boolean;
  lines: ISvgLine[];
  ink: string;
  ground: string;
  grid: string;
}

export const SVG_WIDTH = 960;
export const SVG_HEIGHT = 480;
const LEFT = 66;
const RIGHT = 66;
const TOP = 40;
const BOTTOM = 44;
const ROW = 18;

/** The picture; names are text in it and nothing else. */
export function svgOf(chart: ISvgChart): string {
  const height = SVG_HEIGHT + ROW * chart.lines.length;
  const inside = (line: ISvgLine) => line.points.filter(([x]) => x >= chart.x[0] && x <= chart.x[1]);
  const y = extent(chart.lines.filter(line => !line.right).flatMap(inside), chart.log);
  const right = extent(chart.lines.filter(line => line.right).flatMap(inside), false);
  const across = scale(chart.x, [LEFT, SVG_WIDTH - RIGHT], false);
  const up = scale(y, [SVG_HEIGHT - BOTTOM, TOP], chart.log);
  const upRight = scale(right, [SVG_HEIGHT - BOTTOM, TOP], false);
  const hasRight = chart.lines.some(line => line.right && line.points.length > 0);
  const parts = [
    `<rect width="100%" height="100%" fill="${attribute(chart.ground)}"/>`,
    text(LEFT, 24, chart.title, chart.ink, 'start', 15),
    ...ticksOf(y, chart.log).flatMap(value => [
      `<line x1="${LEFT}" x2="${SVG_WIDTH - RIGHT}" y1="${n(up(value))}" y2="${n(up(value))}" stroke="${attribute(chart.grid)}"/>`,
      text(LEFT - 8, up(value) + 4, tick(value, false), chart.ink, 'end')
    ]),
    ...ticksOf(chart.x, false).map(value =>
      text(across(value), SVG_HEIGHT - BOTTOM + 18, tick(value, false), chart.ink, 'middle')
    ),
    text((LEFT + SVG_WIDTH - RIGHT) / 2, SVG_HEIGHT - 8, chart.xTitle, chart.ink, 'middle'),
    sideways(16, chart.yTitle, chart.ink),
    ...(hasRight
      ? [
          ...ticksOf(right, false).map(value =>
            text(SVG_WIDTH - RIGHT + 8, upRight(value) + 4, tick(value, chart.rightShare), chart.ink, 'start')
          ),
          sideways(SVG_WIDTH - 12, chart.rightTitle, chart.ink)
        ]
      : []),
    ...chart.lines.map(line => drawn(line, inside(line), across, line.right ? upRight : up)),
    ...chart.lines.map((line, index) => {
      const at = SVG_HEIGHT + ROW * index + 4;
      return (
        `<line x1="${LEFT}" x2="${LEFT + 22}" y1="${at - 4}" y2="${at - 4}" ${stroke(line)}/>` +
        text(LEFT + 30, at, line.label, chart.ink, 'start')
      );
    })
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SVG_WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${SVG_WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">` +
    `${parts.join('')}</svg>`
  );
}

function drawn(
  line: ISvgLine,
  points: [number, number][],
  across: (value: number) => number,
  up: (value: number) => number
): string {
  if (line.right) {
    return points
      .map(([x, y]) => `<circle cx="${n(across(x))}" cy="${n(up(y))}" r="4" fill="${attribute(line.color)}"/>`)
      .join('');
  }
  const path = points.map(([x, y]) => `${n(across(x))},${n(up(y))}`).join(' ');
  return `<polyline points="${path}" fill="none" ${stroke(line)}/>`;
}

function stroke(line: ISvgLine): string {
  const dash = line.dash ? ` stroke-dasharray="${attribute(line.dash)}"` : '';
  return `stroke="${attribute(line.color)}" stroke-width="${line.width}"${dash}`;
}

function text(x: number, y: number, words: string, color: string, anchor: string, size = 12): string {
  return `<text x="${n(x)}" y="${n(y)}" fill="${attribute(color)}" text-anchor="${anchor}" font-size="${size}">${escaped(words)}</text>`;
}

function sideways(x: number, words: string, color: string): string {
  const y = (TOP + SVG_HEIGHT - BOTTOM) / 2;
  return `<text transform="translate(${x} ${y}) rotate(-90)" fill="${attribute(color)}" text-anchor="middle">${escaped(words)}</text>`;
}

function extent(points: [number, number][], log: boolean): [number, number] {
  const values = points.map(([, y]) => y).filter(value => Number.isFinite(value) && (!log || value > 0));
  if (values.length === 0) {
    return log ? [0.1, 1] : [0, 1];
  }
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (log) {
    return low === high ? [low / 2, high * 2] : [low, high];
  }
  const air = 0.05 * (high - low) || Math.abs(high) / 20 || 1;
  return [low - air, high + air];
}

function scale(
  from: [number, number],
  to: [number, number],
  log: boolean
): (value: number) => number {
  const f = log ? Math.log10 : (value: number) => value;
  const [low, high] = [f(from[0]), f(from[1])];
  return value => to[0] + ((f(value) - low) / (high - low || 1)) * (to[1] - to[0]);
}

/** Round values between two bounds: about six, powers of ten and their halves on a log scale. */
export function ticksOf([low, high]: [number, number], log: boolean): number[] {
  if (log) {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      found.push(...[1, 2, 5].map(digit => digit * 10 ** power));
    }
    return found.filter(value => value >= low && value <= high);
  }
  const raw = (high - low) / 6 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find(digit => digit * power >= raw) ?? 10);
  const found: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    found.push(Number(value.toPrecision(12)));
  }
  return found;
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(words: string): string {
  return words
    // XML has no control characters at all.
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

function attribute(value: string): string {
  return escaped(value).replace(/"/g, '&quot;');
}
