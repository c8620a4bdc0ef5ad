import { createHmac } from 'node:crypto';

/** Users and addresses recur, and a look-up costs a tenth of a hash. */
const maxRemembered = 10_000;
const maxRememberedLength = 200;

export type HashText = (text: string) => string;

/**
 * HMAC-SHA-256 (RFC 2104) in lower-case hexadecimal digits: 64 characters.
 * @param key of the hub, the same for all Currents, so that one user has one hash at every destination.
 */
export function createHash(key: Buffer): HashText {
  const remembered = new Map<string, string>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const hash = createHmac('sha256', key).update(text).digest('hex');
    if (text.length <= maxRememberedLength) {
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.set(text, hash);
    }
    return hash;
  };
}
