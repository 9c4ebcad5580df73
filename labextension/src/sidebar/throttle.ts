/** Why a GPU's clocks are held down, in words. The bits are those of paddle_lab/gpu/throttle.py. */

import type { TranslationBundle } from '@jupyterlab/translation';

const POWER_CAP = 2;
const HARDWARE = 4;
const WARM = 8;
const HOT = 16;
const BRAKE = 32;

/** The reason that weighs most; empty when the clocks are free or the GPU is idle. */
export function throttleWords(bits: number | null, trans: TranslationBundle): string {
  const value = bits ?? 0;
  if (value & HOT) {
    return trans.__('Too hot: slowed by the hardware');
  }
  if (value & WARM) {
    return trans.__('Hot: slowed by the driver');
  }
  if (value & BRAKE) {
    return trans.__('The power supply asks to slow down');
  }
  if (value & HARDWARE) {
    return trans.__('Slowed by the hardware (heat or power)');
  }
  return value & POWER_CAP ? trans.__('At its power limit') : '';
}

/** Whether it is more than running at the power limit, which is normal under full load. */
export function isAlarming(bits: number | null): boolean {
  return Boolean((bits ?? 0) & (HARDWARE | WARM | HOT | BRAKE));
}
