/** An entry of the file, and what the hub has of it. */
export interface Match<Desired, Had> {
  readonly desired: Desired;
  readonly had: Had | undefined;
}

/**
 * Pairs entries of the file with what the hub has, where several may have the same key: those that are alike first, then
 * the others in their order.
 */
export function match<Desired, Had>(
  desired: readonly Desired[],
  had: readonly Had[],
  { isSame, isAlike }: { isSame(desired: Desired, had: Had): boolean; isAlike?(desired: Desired, had: Had): boolean },
): { readonly matches: readonly Match<Desired, Had>[]; readonly leftOver: readonly Had[] } {
  const left = new Set(had);
  const found = new Map<Desired, Had>();
  for (const holds of [isAlike, () => true])
    for (const entry of desired) {
      if (!holds || found.has(entry)) continue;
      const one = [...left].find((each) => isSame(entry, each) && holds(entry, each));
      if (one === undefined) continue;
      found.set(entry, one);
      left.delete(one);
    }
  return { matches: desired.map((entry) => ({ desired: entry, had: found.get(entry) })), leftOver: [...left] };
}
