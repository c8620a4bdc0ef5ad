export interface ByteBudget {
  /**
   * Whether `bytes` more fit; if so, they count until they are given back.
   * @param held what the same request holds already.
   */
  take(bytes: number, held: number): boolean;
  /** Whether `take` would take them. */
  hasRoom(bytes: number, held: number): boolean;
  give(bytes: number): void;
  /** The bytes taken now. */
  readonly usedBytes: number;
  /** A budget whose bytes count towards this one, too, and which is smaller. */
  share(maxBytes: number): ByteBudget;
}

/** What a request may hold to count as small. */
const smallBytes = 256 * 1024;
/** The rest is kept for small requests, so that they are read while large ones fill the budget. */
const shareOfLarge = 0.75;

/** A limit for the bytes that all requests of this process together may hold. */
export function createByteBudget(maxBytes: number, parent?: ByteBudget): ByteBudget {
  let usedBytes = 0;
  const limitOf = (bytes: number, held: number): number =>
    held + bytes > smallBytes ? maxBytes * shareOfLarge : maxBytes;
  const budget: ByteBudget = {
    take(bytes, held) {
      if (usedBytes + bytes > limitOf(bytes, held) || parent?.take(bytes, held) === false) return false;
      usedBytes += bytes;
      return true;
    },
    hasRoom: (bytes, held) =>
      usedBytes + bytes <= limitOf(bytes, held) && (parent === undefined || parent.hasRoom(bytes, held)),
    give(bytes) {
      usedBytes -= bytes;
      parent?.give(bytes);
    },
    get usedBytes() {
      return usedBytes;
    },
    share: (bytes) => createByteBudget(Math.min(bytes, maxBytes), budget),
  };
  return budget;
}
