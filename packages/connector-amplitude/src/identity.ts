/**
 * Stand-ins for "nobody", which Amplitude refuses as `user_id` and as `device_id`, in any case
 * (Amplitude, HTTP V2 reference, invalid user ids and device ids). Whether it minds blanks is not said: they are disregarded.
 */
const disallowedIds: ReadonlySet<string> = new Set([
  '00000000-0000-0000-0000-000000000000',
  'anonymous',
  'nil',
  'none',
  'null',
  'n/a',
  'na',
  'undefined',
  'unknown',
  'lmy47d',
  '',
  '0',
  '-1',
  '{}',
]);

const LONGEST_WORD = 'anonymous'.length;

/** Amplitude takes ids of up to 1,024 characters (HTTP V2 reference, event keys); cut ones would mix users up. */
const LONGEST_ID = 1024;

/** Whether Amplitude takes the id as a user's or a device's. */
export function isId(id: string | null | undefined, leastLength: number): id is string {
  if (id === null || id === undefined || id.length < leastLength || id.length > LONGEST_ID) return false;
  return isPlainlyAllowed(id) || !disallowedIds.has(id.trim().toLowerCase());
}

/** Whether there is more than blanks. */
export function isGiven(id: string | null | undefined): boolean {
  return id !== null && id !== undefined && id.trim() !== '';
}

/** True for nearly all ids, and ten times quicker than trimming and folding them. */
function isPlainlyAllowed(id: string): boolean {
  if (id.length <= LONGEST_WORD) return false;
  const first = id.charCodeAt(0);
  const last = id.charCodeAt(id.length - 1);
  return first > 0x30 && first < 0x7f && last > 0x20 && last < 0x7f;
}
