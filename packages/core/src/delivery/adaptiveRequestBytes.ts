/**
 * The size of the requests of one Current, learned from refusals for size: additive increase, multiplicative decrease
 * (AIMD; Chiu and Jain, 1989). A proxy in front of a partner may take less than the partner declares.
 */
export type AdaptiveRequestBytes = ReturnType<typeof createAdaptiveRequestBytes>;

/** A limit below this would come from something other than the size. */
const minBytes = 4_096;
/**
 * Each accepted request raises the limit by this share of the size last refused: from half of it, the limit returns there
 * after 64 requests, so about 2 % of the bytes are sent in vain.
 */
const increase = 1 / 128;

export function createAdaptiveRequestBytes() {
  let limit = Infinity;
  let step = 0;
  return {
    /** The most bytes of the next request; at most `max`, the connector's limit. */
    limit: (max: number) => Math.min(max, limit),
    /** Whether a refusal lowered the limit, so that accepted requests have to be reported. */
    isLowered: () => limit < Infinity,
    /** A request of so many bytes was refused for its size. */
    onTooLarge(bytes: number) {
      limit = Math.max(minBytes, Math.min(limit, bytes / 2));
      step = bytes * increase;
    },
    /** A request of so many bytes was accepted. A small one tells nothing about the limit. */
    onAccepted(bytes: number, max: number) {
      if (bytes < limit / 2) return;
      limit += step;
      if (limit >= max) limit = Infinity;
    },
    /** Forgets what was learned, for instance because the address has changed. */
    reset() {
      limit = Infinity;
    },
  };
}
