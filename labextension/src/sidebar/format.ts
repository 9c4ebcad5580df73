/** Numbers as people read them. Pure functions. */

/** What stands for a value that is not known. */
export const DASH = '–';

const MIB_IN_GIB = 1024;
const BYTES_IN_GIB = 1024 ** 3;

/** MiB as GiB: one decimal below 100, none above. */
export function gibOfMib(mib: number | null): string {
  return mib === null ? DASH : gib(mib / MIB_IN_GIB);
}

/** Bytes as GiB. */
export function gibOfBytes(bytes: number | null): string {
  return bytes === null ? DASH : gib(bytes / BYTES_IN_GIB);
}

function gib(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value.toFixed(1);
}

/** A share of a whole in percent, whole numbers; null where one of them is not known. */
export function share(part: number | null, whole: number | null): number | null {
  return part === null || !whole ? null : Math.round((100 * part) / whole);
}

export function percent(value: number | null): string {
  return value === null ? DASH : `${value}%`;
}

/** Bytes a second in the largest unit that keeps a digit before the point. */
export function rate(value: number | null): string {
  if (value === null) {
    return DASH;
  }
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s'];
  let unit = 0;
  let amount = value;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${amount >= 100 || unit === 0 ? amount.toFixed(0) : amount.toFixed(1)} ${units[unit]}`;
}

/** A GPU's name without the maker and the mark of simulation, which are shown elsewhere. */
export function shortName(name: string): string {
  const slice = name.match(/\bMIG \S+$/);
  if (slice) {
    return slice[0];
  }
  return name
    .replace(/^NVIDIA\s+/, '')
    .replace(/\s*\((simulated|fake)\)$/, '')
    .replace(/^GeForce\s+/, '');
}
