// The notebook-independent form of the run card: one ES module and its style sheet, which the
// kernel sends to front ends without our extension.
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '../paddle_lab/views/static');

await build({
  entryPoints: { 'run-widget': join(root, 'src/run/widget.ts') },
  outdir: out,
  bundle: true,
  format: 'esm',
  target: 'es2020',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning'
});
await build({
  entryPoints: { 'run-widget': join(root, 'style/run.css') },
  outdir: out,
  bundle: true,
  minify: true,
  logLevel: 'warning'
});
