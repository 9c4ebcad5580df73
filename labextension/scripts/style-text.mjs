// A style sheet as one line of code that adds it to the page: a bundler's own loaders add a kilobyte
// of code to each chunk, and some lines to each sheet. Ours name no other files.
import { transformSync } from 'esbuild';
import { readFileSync } from 'node:fs';

export default source => source;

/** Takes the place of the loaders that come after it. */
export function pitch() {
  const { code } = transformSync(readFileSync(this.resourcePath, 'utf8'), { loader: 'css', minify: true });
  return `document.head.appendChild(document.createElement('style')).textContent = ${JSON.stringify(code.trim())};`;
}
