import type { JsonChunk } from '@currents/connector';

/**
 * Payloads serialized together. It holds bytes, not strings, because bytes lie outside the garbage-collected heap; a
 * single payload is read back from them when it is needed.
 */
export class SerializedChunk implements JsonChunk {
  readonly json: Buffer;
  #ends: Uint32Array | undefined;

  /** Throws when one of the payloads cannot be serialized. */
  constructor(
    readonly ids: readonly string[],
    payloads: readonly unknown[],
    /** The route of all of them. */
    readonly route?: string | undefined,
  ) {
    this.json = Buffer.from(JSON.stringify(payloads)).subarray(1, -1);
  }

  jsonAt(index: number): string {
    this.#ends ??= endsOf(this.json, this.ids.length);
    const start = index === 0 ? 0 : (this.#ends[index - 1] as number) + 1;
    return this.json.toString('utf8', start, this.#ends[index]);
  }
}

/** Where each of the JSON values ends that are separated by commas. */
function endsOf(json: Buffer, count: number): Uint32Array {
  const ends = new Uint32Array(count).fill(json.length);
  let found = 0;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at);
    else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    else if (byte === comma && depth === 0) ends[found++] = at;
  }
  return ends;
}

/** The index of the closing quote. */
function endOfString(json: Buffer, start: number): number {
  let at = start + 1;
  for (; json[at] !== quote; at++) if (json[at] === backslash) at++;
  return at;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
