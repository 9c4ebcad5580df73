// Saving a notebook unasked: only where nobody could lose anything by it, and without a dialog.

import type { Contents } from '@jupyterlab/services';

import type { IDocumentContext } from './document';

/** `saved`; `changed`: the file is not the one that the page shows; `kept`: left alone. */
export type Outcome = 'saved' | 'changed' | 'kept';

const all = new WeakMap<IDocumentContext, Saves>();

/**
 * The saves of one document, one after the other. JupyterLab knows what it has written only when a
 * save has ended: one that begins meanwhile takes the file for changed, and asks the person.
 */
export class Saves {
  private last: Promise<unknown> = Promise.resolve();
  private readonly save: () => Promise<void>;

  private constructor(
    private readonly context: IDocumentContext,
    private readonly contents: Contents.IManager
  ) {
    this.save = context.save.bind(context);
    // A person's saves and JupyterLab's own take their turn, too.
    context.save = () => this.inTurn(this.save);
  }

  /** Those of a document, which may be open in several views. */
  static of(context: IDocumentContext, contents: Contents.IManager): Saves {
    const found = all.get(context) ?? new Saves(context, contents);
    all.set(context, found);
    return found;
  }

  /** Save, unless it may not be saved, is shared, or its file has been changed or taken away. */
  quietly(): Promise<Outcome> {
    return this.inTurn(() => saveQuietly(this.context, this.contents, this.save));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work);
    this.last = turn;
    return turn;
  }
}

async function saveQuietly(
  context: IDocumentContext,
  contents: Contents.IManager,
  save: () => Promise<void>
): Promise<Outcome> {
  const { model, contentsModel } = context;
  if (context.isDisposed || !contentsModel || model.collaborative || !mayWrite(context)) {
    return 'kept';
  }
  let disk: Contents.IModel;
  try {
    disk = await contents.get(context.path, { content: false, hash: true });
  } catch {
    return 'kept'; // it was taken away, or the server does not answer: a person's save will tell
  }
  if (context.isDisposed || isDialogOpen()) {
    return 'kept';
  }
  if (isChanged(disk, contentsModel)) {
    return 'changed';
  }
  await save();
  return 'saved';
}

/** Whether a dialog waits for the person: one about saving must not find the file saved behind it. */
export function isDialogOpen(): boolean {
  return document.querySelector('.jp-Dialog') !== null;
}

function mayWrite(context: IDocumentContext): boolean {
  return !context.model.readOnly && context.contentsModel?.writable !== false;
}

function isChanged(disk: Contents.IModel, known: Omit<Contents.IModel, 'content'>): boolean {
  if (disk.hash && known.hash) {
    return disk.hash !== known.hash;
  }
  return Date.parse(disk.last_modified) !== Date.parse(known.last_modified);
}
