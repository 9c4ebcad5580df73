import type { Contents } from '@jupyterlab/services';
import { beforeEach, describe, expect, it } from 'vitest';

import type { IDocumentContext } from '../../src/notebook/document';
import { Saves } from '../../src/notebook/save';

/** A file, and a page that holds it: like JupyterLab, it knows what it wrote when its save has ended. */
class Book {
  readonly path = 'a.ipynb';
  readonly isDisposed = false;
  readonly model = { readOnly: false, dirty: true };
  contentsModel = { hash: '0', writable: true };
  disk = '0';
  asked = 0;
  fails = false;

  async save(): Promise<void> {
    if (this.disk !== this.contentsModel.hash) {
      this.asked++; // "File Changed": revert or overwrite?
      return;
    }
    await Promise.resolve();
    if (this.fails) {
      throw new Error('no room');
    }
    const written = String(Number(this.disk) + 1);
    this.disk = written;
    await new Promise(resolve => setTimeout(resolve, 1));
    this.contentsModel = { ...this.contentsModel, hash: written };
  }

  async get(): Promise<{ hash: string }> {
    await Promise.resolve();
    return { hash: this.disk };
  }
}

let book: Book;
let context: IDocumentContext;
let saves: Saves;

beforeEach(() => {
  globalThis.document = { querySelector: () => null } as unknown as Document;
  book = new Book();
  context = book as unknown as IDocumentContext;
  saves = Saves.of(context, book as unknown as Contents.IManager);
});

describe('saves of one document', () => {
  it('take turns, so that none takes the other for a change by somebody else', async () => {
    const quiet = saves.quietly();
    const person = context.save();
    const again = saves.quietly();
    expect(await quiet).toBe('saved');
    await person;
    expect(await again).toBe('saved');
    expect([book.disk, book.asked]).toEqual(['3', 0]);
  });

  it('go on after one that failed, and only its own caller hears of that', async () => {
    book.fails = true;
    await expect(context.save()).rejects.toThrow('no room');
    book.fails = false;
    expect(await saves.quietly()).toBe('saved');
  });

  it('leave a file alone that somebody else has changed', async () => {
    book.disk = '7';
    expect(await saves.quietly()).toBe('changed');
    expect([book.disk, book.asked]).toEqual(['7', 0]);
  });
});
