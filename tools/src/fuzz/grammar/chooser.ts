import { createRandom } from '../../fakes/random.js';

/** Random choices: the same seed makes the same ones. */
export type Chooser = ReturnType<typeof createChooser>;

export function createChooser(seed: number) {
  const random = createRandom(seed);
  /** A whole number from 0 to below `end`. */
  const below = (end: number): number => Math.floor(random() * end);
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  return {
    below,
    pick,
    /** True in this share of the cases. */
    chance: (share: number): boolean => random() < share,
    /** Up to `max` values. */
    some: <Value>(max: number, make: (index: number) => Value): Value[] =>
      Array.from({ length: below(max + 1) }, (_, index) => make(index)),
  };
}
