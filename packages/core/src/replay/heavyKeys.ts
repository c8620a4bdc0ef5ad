/** What the heaviest keys of a budget use, by a hash of the key: the keys are ids of users. JSON. */
export type HeavyKeys = readonly (readonly [hash: number, weight: number])[];

const maxKeys = 64;

/**
 * Counts heavy hitters in little memory (Misra and Gries, 1982): a key with more than a 64th of the whole is counted, at
 * most by a 64th too low.
 */
export function openHeavyKeys(counted: HeavyKeys) {
  const weights = new Map<number, number>(counted);
  return {
    add(key: string, weight: number): void {
      const hash = hashOf(key);
      const known = weights.get(hash);
      if (known !== undefined || weights.size < maxKeys) return void weights.set(hash, (known ?? 0) + weight);
      for (const [each, left] of weights) {
        if (left > weight) weights.set(each, left - weight);
        else weights.delete(each);
      }
    },
    all: (): HeavyKeys => [...weights],
  };
}

/** FNV-1a, the same in every process, because another one may go on. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
