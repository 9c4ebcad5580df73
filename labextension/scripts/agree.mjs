// What the TypeScript views make of a run, for the test that holds them to the Python ones.
// Reads {snapshot, events, oldReport, numbers, amounts, seconds, megabytes, figures, metrics, losses,
// limit} and prints the results.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = join(dirname(fileURLToPath(import.meta.url)), '../src/run');

async function load(name) {
  const built = await build({
    entryPoints: [join(source, name)],
    bundle: true,
    format: 'esm',
    write: false
  });
  const code = Buffer.from(built.outputFiles[0].text).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

const given = JSON.parse(readFileSync(0, 'utf8'));
const { decimate, fold } = await load('state.ts');
const { currentReport } = await load('oldReport.ts');
const { amount, duration, figure, megabytes, number, roughly, smooth } = await load('numbers.ts');
const { inOrder } = await load('names.ts');

const whole = structuredClone(given.snapshot);
given.events.forEach(event => fold(whole, event));
console.log(
  JSON.stringify({
    snapshot: whole,
    report: currentReport(given.oldReport),
    decimated: decimate(whole.columns, given.limit),
    numbers: given.numbers.map(number),
    amounts: given.amounts.map(amount),
    seconds: given.seconds.flatMap(value => ['en', 'zh'].map(language => duration(value, language))),
    roughly: given.seconds.flatMap(value => ['en', 'zh'].map(language => roughly(value, language))),
    megabytes: given.megabytes.map(megabytes),
    figures: given.figures.map(([name, value]) => figure(name, value)),
    ordered: inOrder(given.metrics, given.metrics[0]),
    smooth: smooth(given.losses)
  })
);
