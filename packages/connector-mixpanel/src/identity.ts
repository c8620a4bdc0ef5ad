import { createHash } from 'node:crypto';

/**
 * Stand-ins for "nobody", which Mixpanel refuses as `distinct_id` and as `$insert_id`
 * (Mixpanel, Import Events reference, strict mode). Whether it minds case and blanks is not said: both are disregarded.
 */
const disallowedIds: ReadonlySet<string> = new Set([
  '00000000-0000-0000-0000-000000000000',
  'anon',
  'anonymous',
  'nil',
  'none',
  'null',
  'n/a',
  'na',
  'undefined',
  'unknown',
  '<nil>',
  '0',
  '-1',
  'true',
  'false',
  '[]',
  '{}',
]);

/** The one listed id that is longer than this begins with a zero, as few ids do: the rest need no look at the list. */
const LONGEST_WORD = 9;

export function isDisallowed(id: string): boolean {
  const bare = id.trim();
  return (bare.length <= LONGEST_WORD || bare.startsWith('0')) && disallowedIds.has(bare.toLowerCase());
}

/** Mixpanel takes 1 to 36 bytes of letters, digits and hyphens (Import Events reference, $insert_id). */
const INSERT_ID_LENGTH = 36;

/** The event's id where Mixpanel takes it as it is, otherwise a hash of it: the same id always gives the same one. */
export function insertIdOf(id: string): string {
  return isInsertId(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, INSERT_ID_LENGTH);
}

const insertIdCodes = new Uint8Array(128);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-')
  insertIdCodes[letter.charCodeAt(0)] = 1;

function isInsertId(id: string): boolean {
  if (id.length > INSERT_ID_LENGTH) return false;
  for (let at = 0; at < id.length; at++) if (insertIdCodes[id.charCodeAt(at)] !== 1) return false;
  return id !== '' && !isDisallowed(id);
}
