/** The order of owners: each stays where it is, whoever holds most now. A pure function. */

export interface IOwner {
  key: string;
  kernel: string | null;
  /** Holds nothing any more; its place is kept for those below it. */
  gone?: boolean;
}

/**
 * Those of `now`, where they were `before`. Who is new takes the place of one that has gone and was as high, or
 * stands below. While a run lives, one that has gone keeps its place, unless nobody stands below it.
 */
export function steady<T extends IOwner>(before: readonly T[], now: readonly T[], lives: boolean): T[] {
  const fresh = now.filter(owner => before.every(({ key }) => key !== owner.key));
  const rows = before.map(owner => {
    const same = now.find(({ key }) => key === owner.key);
    const index = same ? -1 : fresh.findIndex(({ kernel }) => Boolean(kernel) === Boolean(owner.kernel));
    return same ?? fresh.splice(index, index < 0 ? 0 : 1)[0] ?? { ...owner, gone: true };
  });
  rows.push(...fresh);
  while (rows.at(-1)?.gone) {
    rows.pop();
  }
  return lives ? rows : rows.filter(({ gone }) => !gone);
}
