import { GraphQLError, isEnumType, Kind, type GraphQLSchema } from 'graphql';
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

/**
 * An enum of words that are stored, so that a later release which ran, or runs beside this one, may have stored others:
 * these are answered as `UNKNOWN`, in place of failing the whole list. As an argument `UNKNOWN` is refused.
 */
export function storedEnumOf<Word extends string>(
  name: string,
  description: string,
  words: Readonly<Record<Word, string>>,
): Readonly<Record<string, Word>> {
  markStored(name);
  return enumOf(name, description, { ...words, [unknown]: unknownMeaning }) as Readonly<Record<string, Word>>;
}

export const unknown = 'unknown';
export const unknownMeaning = 'A later release of the hub stored a value that this one does not know. Only in answers.';
const storedEnums = new Set<string>();

/** Makes an enum that has the value `UNKNOWN` answer it for each word that it does not know. */
export function markStored(name: string): void {
  storedEnums.add(name);
}

/** type-graphql has no place for how an enum is written and read, so it is set on the built types. */
export function acceptUnknownWords(schema: GraphQLSchema): void {
  for (const name of storedEnums) {
    const type = schema.getType(name);
    if (!isEnumType(type)) throw new Error(`${name} is not an enum of the schema`);
    const words = new Set<unknown>(type.getValues().map(({ value }) => value as unknown));
    const shown = inCapitals(unknown);
    const refuse = (): never => {
      throw new GraphQLError(`expected a value of ${name} that this release knows, got ${shown}`);
    };
    const [serialize, parseValue, parseLiteral] = [type.serialize, type.parseValue, type.parseLiteral];
    type.serialize = (word) => (typeof word !== 'string' || words.has(word) ? serialize.call(type, word) : shown);
    type.parseValue = (value) => (value === shown ? refuse() : (parseValue.call(type, value) as unknown));
    type.parseLiteral = (node, variables) =>
      node.kind === Kind.ENUM && node.value === shown
        ? refuse()
        : (parseLiteral.call(type, node, variables) as unknown);
  }
}

/** `launchCurrent`, `LaunchCurrent` and `launch_current` are all `LAUNCH_CURRENT`. */
export function inCapitals(word: string): string {
  return word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
