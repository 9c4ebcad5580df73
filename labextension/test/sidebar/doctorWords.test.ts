import { describe, expect, it } from 'vitest';

import { askAgainAfter, nameOf, noteOf } from '../../src/sidebar/doctorWords';
import type { DoctorLight } from '../../src/sidebar/messages';
import { english } from './language';

function light(shown: DoctorLight['light'], imports: DoctorLight['imports']): DoctorLight {
  const headline = { en: '', zh: '' };
  return { light: shown, headline, errors: 0, warnings: 0, first: null, imports };
}

describe('the light of the environment doctor', () => {
  it('is asked again only while the server finds out about the imports', () => {
    expect(askAgainAfter(light('grey', 'trying'))).toBeGreaterThan(0);
    expect(askAgainAfter(light('yellow', 'waiting'))).toBeGreaterThan(0);
    for (const known of ['work', 'fail', 'untried'] as const) {
      expect(askAgainAfter(light('grey', known))).toBeNull();
    }
    expect(askAgainAfter(null)).toBeNull();
  });

  it('has another name for each colour', () => {
    const colours = ['grey', 'green', 'yellow', 'red', 'unknown'] as const;
    const names = colours.map(colour => nameOf(light(colour, 'untried'), english));
    expect(new Set(names).size).toBe(colours.length);
    expect(nameOf(null, english)).toBe(nameOf(light('unknown', 'untried'), english));
  });

  it('says what becomes of the imports, and that a click tries them', () => {
    expect(noteOf(light('grey', 'trying'), english)).toContain('Trying');
    expect(noteOf(light('yellow', 'waiting'), english)).toContain('click');
    expect(noteOf(light('grey', 'untried'), english)).toContain('Click');
    expect(noteOf(light('red', 'untried'), english)).toBeNull();
    expect(noteOf(light('green', 'work'), english)).toBeNull();
    expect(noteOf(null, english)).toBeNull();
  });
});
