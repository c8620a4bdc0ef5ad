import type { CatalogueEvent } from './event.js';
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

/** Events whose ids are written one after another into `written`: those of a usual request. */
const eventsAtOnce = 128;
const encoder = new TextEncoder();
const written = new Uint8Array(64 * 1024);
const words = new DataView(written.buffer);

/**
 * Adds the fingerprints of the ids of accepted events, from the event at `first` on. One `encodeInto` fetches the ids of many
 * events from memory, which takes less than half the time of reading them one character after another: hashing waits for
 * each character, copying does not.
 */
export function addFingerprintsOfAll(events: readonly CatalogueEvent[], first: number, to: number[]): void {
  const ids: string[] = [];
  for (let from = first; from < events.length; from += eventsAtOnce) {
    const end = Math.min(events.length, from + eventsAtOnce);
    ids.length = 0;
    for (let at = from; at < end; at++) {
      const { id, user } = events[at]!;
      ids.push(id, user.external_user_id ?? '', user.user_id ?? '', user.device_id ?? '');
    }
    addHashes(ids, to);
  }
}

/** @param ids of events, four for each, in the order of their seeds; empty where an event has none. */
function addHashes(ids: readonly string[], to: number[]): void {
  const text = ids.join('');
  const isFitting = 3 * text.length <= written.length;
  const isAscii = isFitting && encoder.encodeInto(text, written).written === text.length;
  let start = 0;
  for (let place = 0; place < ids.length; place++) {
    const id = ids[place]!;
    if (id === '') continue;
    const seed = (place & 3) + 1;
    to.push(isAscii ? hashWritten(start, id.length, seed) : hash(id, seed));
    start += id.length;
  }
}

/** As `hash`, of ASCII in `written`. */
function hashWritten(start: number, length: number, seed: number): number {
  const end = start + length;
  const blocksEnd = end - (length & 3);
  let mixed = seed;
  for (let at = start; at < blocksEnd; at += 4) mixed = mix(mixed, words.getInt32(at, true));
  let tail = 0;
  for (let at = end - 1; at >= blocksEnd; at--) tail = (tail << 8) ^ written[at]!;
  return finish(mixed, tail, length);
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
    mixed = mix(mixed, block);
  }
  let tail = 0;
  for (let at = length - 1; at >= blocks; at--) tail = (tail << 8) ^ text.charCodeAt(at);
  return finish(mixed, tail, length);
}

function mix(mixed: number, block: number): number {
  const next = mixed ^ scramble(block);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function finish(mixed: number, tail: number, length: number): number {
  let last = mixed ^ scramble(tail) ^ length;
  last = Math.imul(last ^ (last >>> 16), 0x85ebca6b);
  last = Math.imul(last ^ (last >>> 13), 0xc2b2ae35);
  return last ^ (last >>> 16);
}
