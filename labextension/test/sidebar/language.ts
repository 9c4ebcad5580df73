import type { TranslationBundle } from '@jupyterlab/translation';

/** English as the sidebar writes it: the text itself, with its arguments filled in. */
export const english = {
  __: (text: string, ...args: unknown[]) =>
    text.replace(/%(\d)/g, (_, index: string) => String(args[Number(index) - 1]))
} as TranslationBundle;
