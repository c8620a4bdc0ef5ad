/**
 * What a table says of a stored word, such as a state. Undefined for a word that is not in it: a later release has stored
 * it, which runs beside this one or ran before a roll-back.
 */
export function ofStoredWord<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
