import { createHash } from 'node:crypto';
import type { BucketStore } from './bucketStore.js';
import { emissionIntervalMs, termsOf } from './terms.js';
import type { KeyUsage } from './usage.js';

interface BucketMove {
  readonly usage: KeyUsage;
  /**
   * The three buckets of a key: `queue` gives new items their due time, `gate` limits what is sent at any moment, and
   * `requeue` gives items that the gate refused a new due time.
   */
  readonly bucket: 'queue' | 'gate' | 'requeue';
  readonly minAheadMs: number;
  readonly maxAheadMs: number;
}

/** The buckets of one Current. */
export function createBuckets(currentId: number, store: BucketStore, onError: (error: unknown) => void) {
  return {
    /**
     * Advances each bucket by the weight of its usage. Returns how far ahead of now each one was before, in milliseconds;
     * undefined when the store cannot be reached.
     */
    async advance(moves: readonly BucketMove[]): Promise<readonly number[] | undefined> {
      if (moves.length === 0) return [];
      try {
        return await store.advance(
          moves.map(({ usage, bucket, minAheadMs, maxAheadMs }) => ({
            key: `${currentId}:${keyOf(usage)}:${bucket}`,
            incrementMs: usage.weight * emissionIntervalMs(usage.budget),
            minAheadMs,
            maxAheadMs,
          })),
        );
      } catch (error) {
        onError(error);
        return undefined;
      }
    },
  };
}

function keyOf({ budget, key }: KeyUsage): string {
  return `${budget.name}:${termsOf(budget)}:${keyHashOf(key)}`;
}

/** Keys identify people and devices, so the store only gets their hashes: the last part but one of a bucket's key. */
export function keyHashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22);
}
