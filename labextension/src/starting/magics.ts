/** The magics of Paddle Lab, and what IPython says of one that it does not know. */

const UNKNOWN =
  /^UsageError: (?:Line|Cell) magic(?: function)? `%{1,2}(paddle_(?:env|data)|ernie_(?:finetune|distill|search|queue|launch|runs|stop|pause|resume|predict|export|push|models|kit|serve))` not found/m;

/** The magic of ours that a kernel's error says it does not know; null for any other text. */
export function unknownMagic(text: string): string | null {
  return UNKNOWN.exec(text.slice(0, 2000))?.[1] ?? null;
}
