import type { EventMaker } from './eventMaker.js';
import { users } from './eventMaker.js';

/** A request body that is written once and sent many times, each time with new ids. */
export interface Body {
  readonly bytes: Buffer;
  readonly events: number;
  /** Gives every event a new id. Must not be called while the bytes are being sent. */
  renew(): void;
  /** The current ids in the bytes. */
  ids(): string[];
}

const idLength = 36;
/** Odd, so that no id repeats in another pass; large, so that ids look random and compress like random ones. */
const stride = 0x9e3779b1;

/** Bodies for about as many events as users, so that a compressor does not find an event twice in its window. */
export function writeBodies(make: EventMaker, requestEvents: number): Body[] {
  const count = Math.max(32, Math.ceil(users / requestEvents));
  return Array.from({ length: count }, (_, index) => writeBody(make, index * requestEvents, requestEvents));
}

function writeBody(make: EventMaker, first: number, events: number): Body {
  const texts = Array.from({ length: events }, (_, index) => JSON.stringify(make(first + index)));
  const head = '{"events":[';
  const bytes = Buffer.from(`${head}${texts.join(',')}]}`);
  const places = new Uint32Array(events);
  let at = head.length;
  for (const [index, text] of texts.entries()) {
    places[index] = at + text.indexOf('"id":"') + 6;
    at += Buffer.byteLength(text) + 1;
  }
  const words = Uint32Array.from(places, (place) => Number.parseInt(bytes.toString('latin1', place, place + 8), 16));
  let pass = 0;
  return {
    bytes,
    events,
    renew() {
      const key = Math.imul(pass++, stride);
      for (let index = 0; index < events; index++)
        writeHex(bytes, places[index] as number, ((words[index] as number) ^ key) >>> 0);
    },
    ids: () => Array.from(places, (place) => bytes.toString('latin1', place, place + idLength)),
  };
}

const digits = Uint8Array.from(Buffer.from('0123456789abcdef'));

function writeHex(bytes: Buffer, at: number, word: number): void {
  for (let place = at + 7, rest = word; place >= at; place--, rest >>>= 4) bytes[place] = digits[rest & 15] as number;
}
