/** The magics of Paddle Lab, and what IPython says of one that it does not know. */

export const MAGICS = [
  'paddle_env',
  'paddle_data',
  'ernie_finetune',
  'ernie_distill',
  'ernie_search',
  'ernie_runs',
  'ernie_stop',
  'ernie_pause',
  'ernie_resume',
  'ernie_predict',
  'ernie_export',
  'ernie_push',
  'ernie_kit',
  'ernie_serve'
];

const UNKNOWN = /^UsageError: (?:Line|Cell) magic(?: function)? `%{1,2}(\w+)` not found/m;

/** The magic of ours that a kernel's error says it does not know; null for any other text. */
export function unknownMagic(text: string): string | null {
  const name = UNKNOWN.exec(text.slice(0, 2000))?.[1];
  return name && MAGICS.includes(name) ? name : null;
}
