import type { Seal } from '../secrets/seal.js';

/** An id of a user as it is stored: external id, device id, the platform's own id, or an alias as a member key. */
export interface StoredId {
  readonly kind: 'e' | 'd' | 'u' | 'a';
  readonly id: string;
}

/** The keyed hash (HMAC) of an id, in hexadecimal. A guess can be compared with it only with the master key. */
export function userHash(seal: Pick<Seal, 'fingerprint'>, { kind, id }: StoredId): string {
  return seal.fingerprint(`user\0${kind}\0${id}`).toString('hex');
}
