import type * as run from './schema';
import { WORDS } from './words';

export type Language = 'en' | 'zh';
export type Key = keyof typeof WORDS;

/** The words of the run's views in one language. */
export class Words {
  constructor(readonly language: Language) {}

  /** The words for `key` with `{placeholders}` filled. */
  say(key: Key, values: Record<string, string | number> = {}): string {
    const template: string = WORDS[key][this.language === 'zh' ? 1 : 0];
    return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? String(values[name]) : whole
    );
  }

  /** The words for a key made of data; what nobody foresaw shows itself. */
  sayAny(prefix: string, name: string): string {
    const key = `${prefix}.${name}`;
    return key in WORDS ? this.say(key as Key) : name;
  }

  /** A message that travels in both languages. */
  text(message: run.Text | null | undefined): string {
    return message ? String(message[this.language] ?? message.en ?? '') : '';
  }
}

/** The language that a language tag of the browser or of JupyterLab stands for. */
export function languageOf(tag: string | null | undefined): Language {
  return tag?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
