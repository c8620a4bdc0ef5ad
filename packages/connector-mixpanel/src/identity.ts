import { createHash } from 'node:crypto';
import { createPlaceholderCheck } from '@currents/connector';

/** Whether Mixpanel refuses an id as `distinct_id` and as `$insert_id`; Import Events reference, strict mode. */
const isDisallowed = createPlaceholderCheck(['anon', '<nil>', 'true', 'false', '[]']);

/** Mixpanel cuts strings after 255, without saying whether bytes or characters (Import Events reference, limits). */
const maxIdBytes = 255;

/** Why Mixpanel refuses an external id as `distinct_id`; undefined if it accepts it. */
export function refusalOfId(
  id: string,
): { readonly reject: 'distinct_id_not_allowed' | 'distinct_id_too_long'; readonly detail: string } | undefined {
  if (isDisallowed(id))
    return {
      reject: 'distinct_id_not_allowed',
      detail: 'external_user_id: Mixpanel refuses this id as a placeholder',
    };
  if (id.length > maxIdBytes / 3 && Buffer.byteLength(id) > maxIdBytes)
    return { reject: 'distinct_id_too_long', detail: `external_user_id: expected at most ${maxIdBytes} bytes` };
  return undefined;
}

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
