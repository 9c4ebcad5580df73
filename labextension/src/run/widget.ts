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

interface IRun {
  store: RunStore;
  cards: Set<RunCard>;
}

const runs = new WeakMap<IModel, IRun>();

/** One store per model: views come and go, and messages sent before the first view count too. */
function initialize({ model }: { model: IModel }): () => void {
  const run: IRun = { store: new RunStore(), cards: new Set() };
  runs.set(model, run);
  const draw = () => {
    const { snapshot } = run.store;
    if (snapshot) {
      run.cards.forEach(card => card.update(snapshot));
    }
  };
  const replace = () => {
    const snapshot = model.get('snapshot') as Partial<Snapshot> | undefined;
    if (snapshot?.version === 1) {
      run.store.snapshot = structuredClone(snapshot) as Snapshot;
      draw();
    }
  };
  const hear = (message: Heard) => {
    if (message.type === 'snapshot' || message.type === 'delta') {
      if (!run.store.apply(message)) {
        model.send({ op: 'hello' });
      }
      draw();
    }
  };
  replace();
  model.on('change:snapshot', replace);
  model.on('msg:custom', hear);
  return () => {
    model.off('change:snapshot', replace);
    model.off('msg:custom', hear);
  };
}

function render({ model, el }: { model: IModel; el: HTMLElement }): () => void {
  const run = runs.get(model);
  const language = languageOf(model.get('language') as string);
  const card = new RunCard(el, { language, ask: (ask, when) => request(model, ask, when) });
  run?.cards.add(card);
  if (run?.store.snapshot) {
    card.update(run.store.snapshot);
  }
  return () => {
    run?.cards.delete(card);
    card.dispose();
  };
}

/** Resolves when the kernel took the request; a busy kernel may take its time. */
function request(model: IModel, ask: Ask, when: When): Promise<void> {
  return new Promise((resolve, reject) => {
    const hear = (message: Heard) => {
      if ((message.type !== 'asked' && message.type !== 'refused') || message.ask !== ask) {
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
    model.send({ op: 'request', ask, when });
  });
}

export default { initialize, render };
