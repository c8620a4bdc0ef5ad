import type { JsonRun } from '@currents/connector';

/** Payloads that became JSON together. What one of them was is read back from the text, when somebody asks. */
export class WrittenRun implements JsonRun {
  readonly json: string;
  /** Of `json`, in UTF-8. */
  readonly bytes: number;
  #texts: readonly string[] | undefined;

  /** Throws when one of the payloads cannot be written. */
  constructor(
    readonly ids: readonly string[],
    payloads: readonly unknown[],
  ) {
    this.json = JSON.stringify(payloads).slice(1, -1);
    this.bytes = Buffer.byteLength(this.json);
  }

  textOf(place: number): string {
    if (this.ids.length === 1) return this.json;
    this.#texts ??= (JSON.parse(`[${this.json}]`) as unknown[]).map((payload) => JSON.stringify(payload));
    return this.#texts[place] as string;
  }
}
