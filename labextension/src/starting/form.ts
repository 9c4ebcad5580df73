/** What a person chose on the page, as options for the server and as the line of the cell. */

import type { Look, RoleRead } from './messages';

/** Only what was chosen: what is left out is found by the server, and not in the line. */
export interface IForm {
  task?: string;
  /** Columns by role. */
  columns: { [role: string]: string };
  model?: string;
  epochs?: number;
  limit?: number;
  maxLen?: number;
}

export interface IOptions {
  task?: string;
  text?: string;
  label?: string;
  column?: { [role: string]: string };
  model?: string;
  epochs?: number;
  limit?: number;
  max_len?: number;
}

/** Files that the readers take, by their names: tables, lines, workbooks; also packed. */
const DATA = /\.(csv|tsv|txt|json|jsonl|ndjson|xlsx|parquet|conll)(\.(gz|bz2|xz|zip))?$/i;

/** Whether a file of this name may hold data. */
export function isData(name: string): boolean {
  return DATA.test(name);
}

/** The options of the command; `roles` say which option names a role's column. */
export function optionsOf(form: IForm, roles: RoleRead[]): IOptions {
  const options: IOptions = {
    task: form.task,
    model: form.model,
    epochs: form.epochs,
    limit: form.limit,
    max_len: form.maxLen
  };
  const others: { [role: string]: string } = {};
  for (const [name, column] of Object.entries(form.columns)) {
    const option = roles.find(role => role.name === name)?.option;
    if (option === 'text' || option === 'label') {
      options[option] = column;
    } else if (option === 'column') {
      others[name] = column;
    }
  }
  if (Object.keys(others).length) {
    options.column = others;
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as IOptions;
}

/** The magic's line for a file beside the notebook. */
export function lineOf(file: string, options: IOptions): string {
  const words = [file.startsWith('-') ? `./${file}` : file];
  type Value = string | number | { [role: string]: string };
  for (const [name, value] of Object.entries(options) as [string, Value][]) {
    const flag = `--${name.replace(/_/g, '-')}`;
    if (typeof value === 'object') {
      for (const [role, column] of Object.entries(value)) {
        words.push(flag, `${role}=${column}`);
      }
    } else if (String(value).startsWith('-')) {
      words.push(`${flag}=${String(value)}`);
    } else {
      words.push(flag, String(value));
    }
  }
  return `%ernie_finetune ${words.map(quoted).join(' ')}`;
}

/** A word as a shell reads it back, like Python's `shlex.quote`. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`;
}

/** The form with another task: columns were those of the task before. */
export function withTask(form: IForm, task: string | undefined): IForm {
  return { ...form, task, columns: {} };
}

/** The form with a role's column chosen. */
export function withColumn(form: IForm, role: string, column: string): IForm {
  return { ...form, columns: { ...form.columns, [role]: column } };
}

/** A whole number of a field within bounds; undefined for an empty or odd one. */
export function wholeOf(text: string, lowest: number, highest: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text.trim()) && value >= lowest && value <= highest ? value : undefined;
}

/** A number of epochs; undefined for an empty or odd field. */
export function epochsOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() && value > 0 && value <= 1000 ? value : undefined;
}

/** The column a role is read from: chosen, or as the file was read. */
export function columnOf(form: IForm, role: RoleRead): string {
  return form.columns[role.name] ?? role.column ?? '';
}

/** Whether columns can be chosen: only in a table. */
export function hasColumns(look: Look | null): boolean {
  return look?.table?.form === 'table' && look.table.columns.length > 1;
}

/** Bytes of a model's file: four for each parameter. */
export function megabytes(parameters: number): number {
  return Math.round((parameters * 4) / 1e6);
}
