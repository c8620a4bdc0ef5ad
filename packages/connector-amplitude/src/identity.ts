import { createPlaceholderCheck } from '@currents/connector';

/** Ids that Amplitude refuses, in any case (Amplitude, HTTP V2 reference, invalid user ids and device ids). */
const isDisallowed = createPlaceholderCheck(['', 'lmy47d']);

/** Amplitude accepts ids of up to 1,024 characters (HTTP V2 reference, event keys); truncated ids would mix users up. */
const maxIdLength = 1024;

/** Whether Amplitude accepts the id as a user's or a device's. */
export function isId(id: string | null | undefined, minLength: number): id is string {
  if (id === null || id === undefined || id.length < minLength || id.length > maxIdLength) return false;
  return !isDisallowed(id);
}
