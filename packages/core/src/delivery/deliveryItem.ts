import type { Item } from '@currents/connector';
import type { KeyChecks } from '../budget/sampling.js';
import type { Attempt } from './attempt.js';
import { hashOf } from './hashOf.js';
import type { SerializedChunk } from './serializedChunk.js';

/**
 * An item with the attempt of its delivery and its position there. It holds neither payload nor JSON, only its index in
 * a chunk, so that a request keeps few objects alive.
 */
export class DeliveryItem implements Item<unknown> {
  /** The item before it of the same user and attempt; see `createUserOrder`. */
  before: DeliveryItem | undefined = undefined;
  #userHash = -1;

  constructor(
    readonly id: string,
    readonly chunk: SerializedChunk,
    private readonly index: number,
    readonly checks: KeyChecks,
    readonly attempt: Attempt,
    readonly position: number,
    /** Whose event it is; see `userOf`. */
    readonly user: string | undefined,
  ) {}

  /** The hash of its user, by `hashOf`; made when it is first asked for, because an attempt alone needs none. */
  get userHash(): number {
    if (this.#userHash < 0) this.#userHash = hashOf(this.user ?? '');
    return this.#userHash;
  }

  get route(): string | undefined {
    return this.chunk.route;
  }

  get json(): string {
    return this.chunk.jsonAt(this.index);
  }

  get payload(): unknown {
    return JSON.parse(this.json) as unknown;
  }

  /** Bytes of its JSON: the average of its chunk. */
  get bytes(): number {
    return this.chunk.json.length / this.chunk.ids.length;
  }
}
