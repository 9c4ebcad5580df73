/** What the doctor's light says in words: a colour alone tells nothing to many. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type * as wire from './messages';

type Light = wire.DoctorLight;

const AGAIN_MS: { [imports in Light['imports']]?: number } = { trying: 2000, waiting: 6000 };

/** After how long to ask whether the imports, tried in the background, ended; null: not at all. */
export function askAgainAfter(light: Light | null): number | null {
  return (light && AGAIN_MS[light.imports]) ?? null;
}

/** The light's name. */
export function nameOf(light: Light | null, trans: TranslationBundle): string {
  const names: { [light in Light['light']]: string } = {
    unknown: trans.__('unknown'),
    grey: trans.__('not tried yet'),
    green: trans.__('good'),
    yellow: trans.__('warning'),
    red: trans.__('fault')
  };
  return names[light?.light ?? 'unknown'];
}

/** How it stands with the imports, where there is something to say. */
export function noteOf(light: Light | null, trans: TranslationBundle): string | null {
  if (light === null) {
    return null;
  }
  const notes: { [imports in Light['imports']]: string | null } = {
    trying: trans.__('Trying imports…'),
    waiting: trans.__('Imports are tried as soon as this machine is calm; click to try now.'),
    untried: light.light === 'grey' ? trans.__('Click to try imports now.') : null,
    work: null,
    fail: null
  };
  return notes[light.imports];
}
