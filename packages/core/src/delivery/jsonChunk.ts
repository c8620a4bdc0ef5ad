import type { JsonRun } from '@currents/connector';

/**
 * Payloads that became JSON together. It holds bytes and not text, for bytes lie outside the collector's heap. What one
 * of the payloads was is read back from them, when somebody asks.
 */
export class WrittenRun implements JsonRun {
  readonly json: Buffer;
  #texts: readonly string[] | undefined;

  /** Throws when one of the payloads cannot be written. */
  constructor(
    readonly ids: readonly string[],
    payloads: readonly unknown[],
  ) {
    this.json = Buffer.from(JSON.stringify(payloads)).subarray(1, -1);
  }

  textOf(place: number): string {
    this.#texts ??= (JSON.parse(`[${this.json.toString()}]`) as unknown[]).map((payload) => JSON.stringify(payload));
    return this.#texts[place] as string;
  }
}
