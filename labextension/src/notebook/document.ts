// What we use of an open notebook. Typed by that, so that no notebook package is bundled or pinned.

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

import { MIME, outputOf } from '../run/output';
import type { ICell, INotebookRun } from './places';

interface IOutputs {
  readonly length: number;
  get(index: number): { data: Record<string, unknown> };
  add(output: object): unknown;
  clear(wait?: boolean): void;
}

interface ICellModel {
  readonly type: string;
  readonly id: string;
  readonly outputs?: IOutputs;
  executionCount?: number | null;
}

export interface IDocumentContext {
  readonly path: string;
  readonly ready: Promise<void>;
  readonly isDisposed: boolean;
  readonly contentsModel: Omit<Contents.IModel, 'content'> | null;
  readonly sessionContext: ISessionContext;
  readonly disposed: ISignal<unknown, unknown>;
  readonly model: {
    dirty: boolean;
    readonly readOnly: boolean;
    /** Absent before JupyterLab 4; then the document is shared, and its server saves it. */
    readonly collaborative?: boolean;
    readonly cells?: Iterable<ICellModel>;
    readonly sharedModel?: { readonly metadata?: Record<string, unknown> };
  };
  save(): Promise<void>;
  revert(): Promise<void>;
}

export type NotebookPanel = Widget & { context: IDocumentContext };

/** Whether it is one of ours that nobody has run yet: it is read with the sidebar beside it. */
export function isNewLesson(context: IDocumentContext): boolean {
  return (
    Boolean(context.model.sharedModel?.metadata?.['paddle_lab']) &&
    codeCells(context).every(cell => cell.outputs.length === 0)
  );
}

/** The code cells with the runs whose cards are among their outputs. */
export function cellsOf(context: IDocumentContext): ICell[] {
  return codeCells(context).map(cell => ({
    id: cell.id,
    count: cell.executionCount ?? null,
    runs: runsIn(cell.outputs)
  }));
}

/** Put cards under a cell; those that stand there go first where `replace` says so. */
export function putRuns(
  context: IDocumentContext,
  place: { cell: string; runs: readonly INotebookRun[]; replace: boolean }
): void {
  const cell = codeCells(context).find(one => one.id === place.cell);
  if (!cell) {
    return;
  }
  if (place.replace) {
    cell.outputs.clear();
  }
  for (const run of place.runs) {
    cell.outputs.add({ output_type: 'display_data', data: run.data, metadata: {} });
  }
  cell.executionCount = place.runs.at(-1)?.count ?? cell.executionCount ?? null;
}

function codeCells(context: IDocumentContext): (ICellModel & { outputs: IOutputs })[] {
  return [...(context.model.cells ?? [])].filter(
    (cell): cell is ICellModel & { outputs: IOutputs } => cell.type === 'code' && Boolean(cell.outputs)
  );
}

function runsIn(outputs: IOutputs): string[] {
  const found: string[] = [];
  for (let index = 0; index < outputs.length; index++) {
    const output = outputOf(outputs.get(index).data?.[MIME]);
    if (output) {
      found.push(output.run_id);
    }
  }
  return found;
}
