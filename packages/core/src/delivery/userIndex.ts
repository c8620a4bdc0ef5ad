import type { DeliveryItem } from './deliveryItem.js';

/**
 * The items of an attempt by user: a hash table with open addressing and linear probing. It is asked for every event that
 * is sent beside others, and there a Map of strings costs a tenth of the whole delivery.
 */
export class UserIndex {
  readonly #items: readonly DeliveryItem[];
  readonly #mask: number;
  /** Some bits of the hash in a slot; 0 in a free one. Most users are not here, and these bytes fit into the cache. */
  readonly #tags: Uint8Array;
  readonly #hashes: Int32Array;
  /** The index of the user's last item. */
  readonly #lastIndexes: Uint32Array;

  constructor(items: readonly DeliveryItem[]) {
    const size = 1 << (32 - Math.clz32(items.length * 2));
    this.#items = items;
    this.#mask = size - 1;
    this.#tags = new Uint8Array(size);
    this.#hashes = new Int32Array(size);
    this.#lastIndexes = new Uint32Array(size);
    for (let index = 0; index < items.length; index++) this.#add(items[index] as DeliveryItem, index);
  }

  /** The user's last item, linked to the one before. */
  lastOf(user: string, hash: number): DeliveryItem | undefined {
    const slot = this.#slotOf(user, hash);
    return this.#tags[slot] === 0 ? undefined : this.#items[this.#lastIndexes[slot] as number];
  }

  #add(item: DeliveryItem, index: number): void {
    const { user, userHash } = item;
    if (user === undefined) return;
    const slot = this.#slotOf(user, userHash);
    if (this.#tags[slot] !== 0) item.before = this.#items[this.#lastIndexes[slot] as number];
    this.#tags[slot] = tagOf(userHash);
    this.#hashes[slot] = userHash;
    this.#lastIndexes[slot] = index;
  }

  /** The slot of this user, or a free one. */
  #slotOf(user: string, hash: number): number {
    const tag = tagOf(hash);
    let slot = hash & this.#mask;
    for (let found = this.#tags[slot] as number; found !== 0; found = this.#tags[slot] as number) {
      if (found === tag && this.#hashes[slot] === hash && this.#items[this.#lastIndexes[slot] as number]?.user === user)
        break;
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}

function tagOf(hash: number): number {
  return (hash >>> 22) | 1;
}
