import type * as run from './schema';
import { nameOf } from './names';
import { WORDS } from './words';

export type Language = 'en' | 'zh';
export type Key = keyof typeof WORDS;

type Table = Record<string, readonly [string, string]>;

/** The words of a table in one language. */
export class Phrases<T extends Table> {
  constructor(
    private readonly table: T,
    readonly language: Language
  ) {}

  /** The words for `key` with `{placeholders}` filled. */
  say(key: keyof T & string, values: Record<string, string | number> = {}): string {
    const template: string = this.table[key]![this.language === 'zh' ? 1 : 0];
    return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? this.filled(name, String(values[name])) : whole
    );
  }

  /** A metric or a part of the data by its name in this language. */
  metric(name: string): string {
    return nameOf('metric', name, this.language);
  }

  private filled(kind: string, value: string): string {
    return kind === 'metric' || kind === 'split' ? nameOf(kind, value, this.language) : value;
  }

  /** A message that travels in both languages. */
  text(message: run.Text | null | undefined): string {
    return message ? String(message[this.language] ?? message.en ?? '') : '';
  }
}

/** The words of the run's views in one language. */
export class Words extends Phrases<typeof WORDS> {
  constructor(language: Language) {
    super(WORDS, language);
  }

  /** The words for a key made of data; what nobody foresaw shows itself. */
  sayAny(prefix: string, name: string): string {
    const key = `${prefix}.${name}`;
    return key in WORDS ? this.say(key as Key) : name;
  }
}

/** The language that a language tag of the browser or of JupyterLab stands for. */
export function languageOf(tag: string | null | undefined): Language {
  return tag?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
