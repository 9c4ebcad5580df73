// The card as an anywidget, for front ends without our extension: fed by comm messages.

import { type Ask, RunCard, type When } from './card';
import { languageOf } from './i18n';
import { RunStore, type RunMessage, type Snapshot } from './state';

interface IModel {
  get(name: string): unknown;
  on(name: string, heard: (message: never) => void): void;
  off(name: string, heard: (message: never) => void): void;
  send(message: object): void;
}

type Heard =
  | RunMessage
  | { type: 'asked'; ask: Ask }
  | { type: 'refused'; ask: Ask; error: { what: { en: string; zh: string } } };

/** One per model: views come and go, and what was sent before the first of them counts too. */
class RunWidget {
  private readonly store = new RunStore();
  private readonly cards = new Set<RunCard>();

  initialize = ({ model }: { model: IModel }): (() => void) => {
    const replace = () => {
      const snapshot = model.get('snapshot') as Partial<Snapshot> | undefined;
      if (snapshot?.version === 1) {
        this.store.snapshot = structuredClone(snapshot) as Snapshot;
        this.draw();
      }
    };
    const hear = (message: Heard) => {
      if (message.type !== 'snapshot' && message.type !== 'delta') {
        return;
      }
      if (!this.store.apply(message)) {
        model.send({ op: 'hello' });
      }
      this.draw();
    };
    replace();
    model.on('change:snapshot', replace);
    model.on('msg:custom', hear);
    return () => {
      model.off('change:snapshot', replace);
      model.off('msg:custom', hear);
    };
  };

  render = ({ model, el }: { model: IModel; el: HTMLElement }): (() => void) => {
    const language = languageOf(model.get('language') as string);
    const card = new RunCard(el, { language, ask: (ask, when) => request(model, ask, when) });
    this.cards.add(card);
    this.draw();
    return () => {
      this.cards.delete(card);
      card.dispose();
    };
  };

  private draw(): void {
    const { snapshot } = this.store;
    if (snapshot) {
      this.cards.forEach(card => card.update(snapshot));
    }
  }
}

/** Resolves when the kernel took the request; a busy kernel may take its time. */
function request(model: IModel, ask: Ask, when: When): Promise<void> {
  return new Promise((resolve, reject) => {
    const hear = (message: Heard) => {
      if ((message.type !== 'asked' && message.type !== 'refused') || message.ask !== (ask === 'discard' ? 'stop' : ask)) {
        return;
      }
      model.off('msg:custom', hear);
      if (message.type === 'asked') {
        resolve();
      } else {
        reject(new Error(message.error.what[languageOf(model.get('language') as string)]));
      }
    };
    model.on('msg:custom', hear);
    model.send({ op: 'request', ask: ask === 'discard' ? 'stop' : ask, when, save: ask !== 'discard' });
  });
}

// anywidget calls this once per model; `initialize` and `render` see different proxies of it.
export default (): RunWidget => new RunWidget();
