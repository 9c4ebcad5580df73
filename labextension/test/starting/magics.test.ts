import { describe, expect, it } from 'vitest';

import { unknownMagic } from '../../src/starting/magics';

describe('a magic that the kernel does not know', () => {
  it('is ours, on a line or above a cell', () => {
    expect(unknownMagic('UsageError: Line magic function `%ernie_finetune` not found.\n')).toBe('ernie_finetune');
    expect(unknownMagic('UsageError: Cell magic `%%paddle_data` not found.\n')).toBe('paddle_data');
  });

  it("is nobody else's, and no text that only speaks of it", () => {
    expect(unknownMagic('UsageError: Line magic function `%foo` not found.\n')).toBeNull();
    expect(unknownMagic('I read: UsageError: Line magic function `%ernie_runs` not found.')).toBeNull();
    expect(unknownMagic('UsageError: unrecognized arguments')).toBeNull();
  });
});
