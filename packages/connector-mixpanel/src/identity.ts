import { createHash } from 'node:crypto';
import { createPlaceholderCheck } from '@currents/connector';

/** Whether Mixpanel refuses an id as `distinct_id` and as `$insert_id`; Import Events reference, strict mode. */
export const isDisallowed = createPlaceholderCheck(['anon', '<nil>', 'true', 'false', '[]']);

/** Mixpanel accepts 1 to 36 bytes of letters, digits and hyphens (Import Events reference, $insert_id). */
const insertIdLength = 36;

/** The event's id if Mixpanel accepts it, otherwise a hash of it: the same id always gives the same result. */
export function insertIdOf(id: string): string {
  return isInsertId(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, insertIdLength);
}

const insertIdCodes = new Uint8Array(128);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-')
  insertIdCodes[letter.charCodeAt(0)] = 1;

function isInsertId(id: string): boolean {
  if (id.length > insertIdLength) return false;
  for (let at = 0; at < id.length; at++) if (insertIdCodes[id.charCodeAt(at)] !== 1) return false;
  return id !== '' && !isDisallowed(id);
}
