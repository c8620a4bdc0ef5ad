import type { JsonChunk } from '@currents/connector';

/**
 * Payloads serialized together. It holds bytes, not strings, because bytes lie outside the garbage-collected heap; a
 * single payload is read back from them when it is needed.
 */
export class SerializedChunk implements JsonChunk {
  readonly json: Buffer;
  #texts: readonly string[] | undefined;

  /** Throws when one of the payloads cannot be serialized. */
  constructor(
    readonly ids: readonly string[],
    payloads: readonly unknown[],
  ) {
    this.json = Buffer.from(JSON.stringify(payloads)).subarray(1, -1);
  }

  jsonAt(index: number): string {
    this.#texts ??= (JSON.parse(`[${this.json.toString()}]`) as unknown[]).map((payload) => JSON.stringify(payload));
    return this.#texts[index] as string;
  }
}
