// What a notebook file holds of a run. The file may come from anywhere: nothing is taken on trust.

import { currentReport } from './oldReport';
import type * as run from './schema';
import { COLUMNS } from './state';

export const MIME = 'application/vnd.paddle-lab.run.v1+json';

export type Output = run.Output;

/** The output in a notebook's data, or null when it is not one that can be drawn. */
export function outputOf(data: unknown): Output | null {
  if (!isObject(data) || data.version !== 1 || typeof data.run_id !== 'string') {
    return null;
  }
  const snapshot = data.live === true ? null : data.snapshot;
  if (data.live !== true && !isSnapshot(snapshot)) {
    return null;
  }
  const name = typeof data.name === 'string' ? data.name : data.run_id;
  const shown = isObject(snapshot)
    ? { ...snapshot, report: currentReport(snapshot.report) }
    : null;
  return { ...data, name, live: data.live === true, snapshot: shown } as unknown as Output;
}

function isSnapshot(data: unknown): boolean {
  return (
    isObject(data) &&
    data.version === 1 &&
    isObject(data.columns) &&
    COLUMNS.every(name => isColumn((data.columns as Record<string, unknown>)[name])) &&
    ['evals', 'notices', 'log'].every(name => Array.isArray(data[name])) &&
    (data.evals as unknown[]).every(item => isObject(item) && isObject(item.metrics)) &&
    isObject(data.commands) &&
    (data.report === null || currentReport(data.report) !== null)
  );
}

function isColumn(data: unknown): boolean {
  return Array.isArray(data) && data.every(item => item === null || typeof item === 'number');
}

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
