// Leaves out of uPlot, when it is bundled, what no chart of ours has: our charts have one axis of steps
// from left to right with numbers on it, lines, points, and a cursor of their own. Each text below must
// be in uPlot's source: with a version that says it otherwise the build stops and names the part.

/** By part: a text of the source, and what stands there for charts without it. */
const LEFT_OUT = {
  'dates on an axis': [
    ['let isTime = mode == 1 && scales[s.scale].time;', ''],
    [/^\t+let isTime = sc\.time;$/gm, ''],
    [/\bisTime\b|\bscaleX\.time\b/g, 'false'],
    [/^const \[ timeIncrs(Ms|S), .*$/gm, ''],
    [/^\tconst _(time\w+|tzDate|fmtDate) +=.*;$/gm, '']
  ],
  'a legend': [
    ['const showLegend = legend.show;', ''],
    ['let multiValLegend = false;', ''],
    ['multiValLegend = getMultiVals != null;', ''],
    [/\b(legend\.(live|show)|showLegend|multiValLegend)\b/g, 'false'],
    ['legend.idx = idx;\n\t\t\tsetLegend();', 'shouldSetLegend = false;'],
    [/^\tself\.setLegend = setLegend;$/m, ''],
    [/^\tconst (legend|markers) +=.*;$/gm, ''],
    [/^\t\tmarkers\.\w+ += fnOrSelf\(.*;$/gm, ''],
    ['legend.idxs = activeIdxs;', ''],
    ['legendTable?.remove();', '']
  ],
  'an x for each line': [
    ['const mode = self.mode;', ''],
    [/\bmode == 1\b/g, 'true'],
    [/\bmode == 2\b/g, 'false']
  ],
  'scales that are neither linear nor logarithmic to 10': [
    [/(\b\w+\.)?\b(d|xScaleD)istr == (2|4|100)\b/g, 'false'],
    [/\bsc\.log == 2\b/g, 'false']
  ],
  'steps from top to bottom': [
    [/\bscaleX\.ori == 0\b/g, 'true'],
    [/\bscaleX\.ori == 1\b/g, 'false']
  ],
  'one line that the pointer is near to': [
    [/^\tconst cursor(Focus|OnePt) =.*;$/gm, ''],
    [/\bcursor(Focus|OnePt)\b/g, 'false']
  ],
  'a cursor that is locked': [[/\bcursor\._lock\b(?! =)/g, 'false']],
  'cursors of several charts that move together': [
    [/\bsrc != null\b/g, 'false'],
    [/\bsrc == null\b/g, 'true'],
    [/\b[xy]SyncKey != null\b/g, 'false'],
    [/\bsync\.(un)?sub\(self\);/g, ''],
    ['const sync = _sync(syncKey);', ''],
    ['if (syncOpts.filters.pub(type, src, x, y, w, h, i))', 'if (false)']
  ],
  'areas between two lines': [
    ['flags != 0 && bands.forEach(', 'false && bands.forEach('],
    ['let bands = ifNull(self.bands, EMPTY_ARR);', 'const bands = [];']
  ],
  'lines that come and go': [
    [/^\tself\.(addSeries|delSeries|addBand|setBand|delBand|setSeries|batch|pub) += \w+;$/gm, '']
  ],
  plugins: [[/\(opts\.plugins \|\| \[\]\)/g, '[]']],
  'other forms of lines, and tools for others': [
    [/^\t?uPlot\.(?!pxRatio)\w+ += \w+;$/gm, ''],
    [/^\tlet paths = uPlot\.paths = [^]*?\n}/gm, '}'],
    ['genIncrs(2, -53, 53, [1]);\n\n/*', '/*']
  ]
};

/**
 * uPlot's source without those parts: what is left without a use goes when it is made small.
 * Throws an Error that names the part where the source does not have its text.
 */
export default function leanChart(source) {
  let lean = source;
  for (const [part, changes] of Object.entries(LEFT_OUT)) {
    for (const [text, instead] of changes) {
      const before = lean;
      lean = lean.replace(text, instead);
      if (lean === before) {
        throw new Error(`scripts/chart-parts.mjs, ${part}: uPlot's source has no ${text}`);
      }
    }
  }
  return lean;
}
