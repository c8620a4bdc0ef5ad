import type { Item } from '@currents/connector';
import type { Track } from './track.js';

/**
 * An item that knows its place: the track of its delivery, and its position there. What leaves is its JSON text; the
 * payload as an object is let go of once budgets have seen it, and read back from the text by whoever asks later,
 * which only happens when a partner refuses something. So thousands of objects need not outlive a request.
 */
export class Seated implements Item<unknown> {
  #payload: unknown;

  constructor(
    readonly id: string,
    payload: unknown,
    readonly json: string,
    readonly bytes: number,
    readonly track: Track,
    readonly position: number,
  ) {
    this.#payload = payload;
  }

  get payload(): unknown {
    return this.#payload ?? (JSON.parse(this.json) as unknown);
  }

  letGo(): void {
    this.#payload = undefined;
  }
}
