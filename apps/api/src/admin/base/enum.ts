import { registerEnumType } from 'type-graphql';

/**
 * Registers a GraphQL enum whose values are the core's own words in capitals: `enumOf('S', '…', { live: '…' })` is
 * `enum S { LIVE }`, and resolvers go on reading and returning `live`.
 * @param words every word with its description.
 * @returns what `@Field(() => …)` and `@Arg(…)` take.
 */
export function enumOf<Word extends string>(
  name: string,
  description: string,
  words: Readonly<Record<Word, string>>,
): Readonly<Record<string, Word>> {
  const values: Record<string, Word> = {};
  const valuesConfig: Record<string, { readonly description: string }> = {};
  for (const [word, meaning] of Object.entries(words) as [Word, string][]) {
    values[inCapitals(word)] = word;
    valuesConfig[inCapitals(word)] = { description: meaning };
  }
  registerEnumType(values, { name, description, valuesConfig });
  return values;
}

/** `launchCurrent`, `LaunchCurrent` and `launch_current` are all `LAUNCH_CURRENT`. */
export function inCapitals(word: string): string {
  return word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
