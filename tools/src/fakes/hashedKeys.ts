/**
 * A set of 64-bit hashes with a moment beside each, in flat arrays: 12 bytes a slot instead of a string a key.
 * Two different keys fall together with a chance of about 3 in 10 million for ten million keys.
 */
export interface HashedKeys {
  /** Remembers the key with this moment; answers the moment it had before, or -1 when it is new. */
  swap(low: number, high: number, moment: number): number;
  has(low: number, high: number): boolean;
}

export function createHashedKeys(startSlots = 1 << 12): HashedKeys {
  let slots = startSlots;
  let lows = new Uint32Array(slots);
  let highs = new Uint32Array(slots);
  let moments = new Uint32Array(slots);
  let size = 0;

  const slotOf = (low: number, high: number): number => {
    let slot = low & (slots - 1);
    while ((lows[slot] !== low || highs[slot] !== high) && (lows[slot] !== 0 || highs[slot] !== 0))
      slot = (slot + 1) & (slots - 1);
    return slot;
  };
  const grow = (): void => {
    const [oldLows, oldHighs, oldMoments] = [lows, highs, moments];
    slots *= 2;
    lows = new Uint32Array(slots);
    highs = new Uint32Array(slots);
    moments = new Uint32Array(slots);
    for (let old = 0; old < oldLows.length; old++) {
      const low = oldLows[old] as number;
      const high = oldHighs[old] as number;
      if (low === 0 && high === 0) continue;
      const slot = slotOf(low, high);
      lows[slot] = low;
      highs[slot] = high;
      moments[slot] = oldMoments[old] as number;
    }
  };

  return {
    swap(low, high, moment) {
      // Both halves zero marks an empty slot, so that one hash is moved aside.
      const safeLow = low === 0 && high === 0 ? 1 : low;
      const slot = slotOf(safeLow, high);
      const known = lows[slot] !== 0 || highs[slot] !== 0;
      const before = known ? (moments[slot] as number) : -1;
      lows[slot] = safeLow;
      highs[slot] = high;
      moments[slot] = moment;
      if (!known && ++size * 10 > slots * 7) grow();
      return before;
    },
    has(low, high) {
      const slot = slotOf(low === 0 && high === 0 ? 1 : low, high);
      return lows[slot] !== 0 || highs[slot] !== 0;
    },
  };
}

/** A running 64-bit hash over texts and numbers; `low` and `high` are its two unsigned halves. */
export interface KeyHash {
  start(): void;
  text(part: string): void;
  number(part: number): void;
  low(): number;
  high(): number;
}

export function createKeyHash(): KeyHash {
  let first = 0;
  let second = 0;
  const mix = (code: number): void => {
    first = Math.imul(first ^ code, 0x9e3779b1);
    second = Math.imul(second ^ code, 0x5f356495);
  };
  // The finishing steps are murmur3's: without them the low bits of similar keys crowd together.
  const finish = (half: number, other: number): number => {
    let mixed = half ^ (other >>> 15);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return {
    start() {
      first = 0x811c9dc5;
      second = 0x41c6ce57;
    },
    text(part) {
      let a = first;
      let b = second;
      for (let at = 0; at < part.length; at++) {
        const code = part.charCodeAt(at);
        a = Math.imul(a ^ code, 0x9e3779b1);
        b = Math.imul(b ^ code, 0x5f356495);
        a ^= a >>> 15;
        b ^= b >>> 13;
      }
      first = a;
      second = b;
      mix(0x10000 + part.length);
    },
    number(part) {
      mix(part >>> 0);
      mix(Math.floor(part / 4_294_967_296) >>> 0);
      mix(Number.isInteger(part) ? 1 : 2);
    },
    low: () => finish(first, second),
    high: () => finish(second, first),
  };
}
