// Questions: a new name, a note, whether a run may go. JupyterLab gives the focus back afterwards.

import { Dialog, InputDialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';

import { make } from '../run/dom';
import type { PageApi } from './api';
import type * as wire from './messages';
import type { PagePhrases } from './phrases';

const LONGEST_NOTE = 4000;

export interface IRunName {
  id: string;
  name: string;
}

/** Ask for another name and give it; null when nothing was changed. */
export async function rename(
  run: IRunName,
  api: PageApi,
  phrases: PagePhrases
): Promise<wire.About | null> {
  const answer = await InputDialog.getText({
    title: phrases.say('of.rename', { name: run.name }),
    label: phrases.say('ask.rename'),
    text: run.name,
    okLabel: phrases.say('do.rename'),
    cancelLabel: phrases.say('do.cancel')
  });
  if (!answer.button.accept || answer.value === null || answer.value === run.name) {
    return null;
  }
  return tried(api.change(run.id, { name: answer.value }), api, phrases);
}

/** Ask for a note and keep it; null when nothing was changed. */
export async function note(
  run: IRunName & { note: string },
  api: PageApi,
  phrases: PagePhrases
): Promise<wire.About | null> {
  const answer = await showDialog({
    title: phrases.say('of.note', { name: run.name }),
    body: new NoteBody(run.note, phrases.say('ask.note')),
    buttons: [
      Dialog.cancelButton({ label: phrases.say('do.cancel') }),
      Dialog.okButton({ label: phrases.say('do.save') })
    ],
    focusNodeSelector: 'textarea'
  });
  if (!answer.button.accept || answer.value === null || answer.value === run.note) {
    return null;
  }
  return tried(api.change(run.id, { note: answer.value }), api, phrases);
}

/** Ask whether a run may go, and remove it; whether it is gone. */
export async function remove(
  run: IRunName,
  api: PageApi,
  phrases: PagePhrases
): Promise<boolean> {
  const answer = await showDialog({
    title: phrases.say('ask.delete', { name: run.name }),
    body: phrases.say('ask.delete_body'),
    buttons: [
      Dialog.cancelButton({ label: phrases.say('do.cancel') }),
      Dialog.warnButton({ label: phrases.say('do.delete') })
    ],
    defaultButton: 0
  });
  return answer.button.accept && (await tried(api.remove(run.id), api, phrases)) !== null;
}

async function tried<T>(work: Promise<T>, api: PageApi, phrases: PagePhrases): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    await showErrorMessage(phrases.say('page.failed', { reason: '' }).trim(), api.reason(error));
    return null;
  }
}

class NoteBody extends Widget implements Dialog.IBodyWidget<string> {
  private readonly text = make('textarea', 'plab-note-text');

  constructor(note: string, hint: string) {
    super();
    this.text.value = note;
    this.text.rows = 6;
    this.text.maxLength = LONGEST_NOTE;
    this.text.setAttribute('aria-label', hint);
    this.text.placeholder = hint;
    // Enter begins a new line here; elsewhere in a dialog it is OK.
    this.text.addEventListener('keydown', event => {
      if (event.key === 'Enter') {
        event.stopPropagation();
      }
    });
    this.node.append(this.text);
  }

  getValue(): string {
    return this.text.value;
  }
}
