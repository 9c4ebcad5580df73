/** Which models are shown, and what is said of each. */

import { amount, megabytes, roughly } from '../run/numbers';
import type { Model } from '../page/messages';
import type { IReader } from './open';

/** The models whose name holds `word`; without one those that are here, and those of known size. */
export function matching(models: readonly Model[], word: string): Model[] {
  const part = word.trim().toLowerCase();
  return models.filter(({ name, here, parameters }) =>
    part ? name.toLowerCase().includes(part) : here || parameters !== null
  );
}

/** The cells of a model's row after its name. */
export function factsOf(model: Model, { trans, say, language }: Pick<IReader, 'trans' | 'say' | 'language'>): string[] {
  const told = (value: number | null, text: (value: number) => string): string => (value === null ? '–' : text(value));
  return [
    model.here ? trans.__('yes') : say(model.source),
    model.licence ?? trans.__('unknown'),
    told(model.layers, String),
    told(model.parameters, value => `${amount(value / 1e6)} M`),
    told(model.bytes, value => megabytes(value / 1e6)),
    told(model.epoch_s, value => roughly(value, language))
  ];
}
