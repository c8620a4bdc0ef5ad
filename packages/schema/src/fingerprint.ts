import { isRecord } from './refusal.js';

/**
 * By what an event is looked up. The number is the seed of the fingerprint, so that a user's id is not mistaken for an
 * event's. It is part of what is stored: a kind keeps its number.
 */
export const fingerprintSeeds = { eventId: 1, externalUserId: 2, userId: 3, deviceId: 4 } as const;

export type FingerprintKind = keyof typeof fingerprintSeeds;

/**
 * A signed 32-bit fingerprint of an id: MurmurHash3 x86_32 (Appleby, 2011) of its characters as bytes. Of a character beyond
 * Latin-1 the higher bits fall on the next one. Different ids may share one, so whatever is found by it has to be compared.
 */
export function fingerprint(kind: FingerprintKind, id: string): number {
  return hash(id, fingerprintSeeds[kind]);
}

/** Adds the fingerprints of the ids that a parsed event has, up to four; none of an id that is no text, or empty. */
export function addFingerprints(value: unknown, to: number[]): void {
  if (!isRecord(value)) return;
  const { id, user } = value;
  if (typeof id === 'string' && id !== '') to.push(hash(id, fingerprintSeeds.eventId));
  if (!isRecord(user)) return;
  const { external_user_id, user_id, device_id } = user;
  if (typeof external_user_id === 'string' && external_user_id !== '')
    to.push(hash(external_user_id, fingerprintSeeds.externalUserId));
  if (typeof user_id === 'string' && user_id !== '') to.push(hash(user_id, fingerprintSeeds.userId));
  if (typeof device_id === 'string' && device_id !== '') to.push(hash(device_id, fingerprintSeeds.deviceId));
}

function hash(text: string, seed: number): number {
  const { length } = text;
  const blocks = length & ~3;
  let mixed = seed;
  for (let at = 0; at < blocks; at += 4) {
    const block =
      text.charCodeAt(at) ^
      (text.charCodeAt(at + 1) << 8) ^
      (text.charCodeAt(at + 2) << 16) ^
      (text.charCodeAt(at + 3) << 24);
    mixed ^= scramble(block);
    mixed = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = length - 1; at >= blocks; at--) tail = (tail << 8) ^ text.charCodeAt(at);
  mixed ^= scramble(tail) ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
