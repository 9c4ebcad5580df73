/** Bodies of the dialogs: what a person must know before they say yes. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { roughly } from '../run/numbers';
import { gibOfBytes } from './format';
import type * as wire from './messages';

/** Notebook, memory, busy or idle, unsaved or not. */
export function confirmBody(owner: wire.Owner, unsaved: boolean | null, trans: TranslationBundle): JSX.Element {
  const facts = [
    trans.__('Notebook: %1', owner.path ?? owner.name),
    trans.__('GPU memory: %1 GiB', gibOfBytes(owner.total)),
    owner.state === 'idle'
      ? trans.__('It is idle: its variables will be lost.')
      : trans.__('It is busy: what it computes now will be lost.')
  ];
  if (unsaved) {
    facts.push(trans.__('The notebook has unsaved changes. They stay in the open document.'));
  } else if (unsaved === false) {
    facts.push(trans.__('The notebook is saved.'));
  } else if (owner.path) {
    facts.push(trans.__('It is not open here: unsaved changes are not known.'));
  }
  return (
    <ul className="pl-dialog-facts">
      {facts.map(fact => (
        <li key={fact}>{fact}</li>
      ))}
    </ul>
  );
}

/** A choice among idle notebooks; the one that holds most is chosen at first. */
export class FreeTheMost extends ReactWidget {
  constructor(
    private readonly _owners: wire.Owner[],
    private readonly _trans: TranslationBundle,
    private readonly _language: 'en' | 'zh'
  ) {
    super();
    this._chosen = new Set(_owners.slice(0, 1).map(owner => owner.key));
  }

  /** The owners that are ticked. */
  get chosen(): wire.Owner[] {
    return this._owners.filter(owner => this._chosen.has(owner.key));
  }

  protected render(): JSX.Element {
    const trans = this._trans;
    return (
      <fieldset className="pl-free">
        <legend>{trans.__('Idle notebooks that hold GPU memory:')}</legend>
        {this._owners.map(owner => (
          <label key={owner.key} className="pl-free-row">
            <input
              type="checkbox"
              defaultChecked={this._chosen.has(owner.key)}
              onChange={event => this._choose(owner.key, event.target.checked)}
            />
            <span className="pl-owner-name">{owner.path ?? owner.name}</span>
            <span className="pl-amount">{gibOfBytes(owner.total)} GiB</span>
            <span className="pl-dim">{this._idle(owner)}</span>
          </label>
        ))}
      </fieldset>
    );
  }

  private _idle(owner: wire.Owner): string {
    return owner.last_activity === null
      ? ''
      : this._trans.__('idle for %1', roughly(Date.now() / 1000 - owner.last_activity, this._language));
  }

  private _choose(key: string, chosen: boolean): void {
    if (chosen) {
      this._chosen.add(key);
    } else {
      this._chosen.delete(key);
    }
  }

  private _chosen: Set<string>;
}
