import { createHash } from 'node:crypto';
import type { ExportLimits } from '@currents/connector';
import type { BucketStore } from '../budget/bucketStore.js';

/** Nothing is put off for longer than a day. */
const maxAheadMs = 86_400_000;

/**
 * Spaces the requests of one account evenly, over all syncs and workers: GCRA without a burst. Without a store, or when it
 * fails, only the destination's own refusals limit them.
 */
export function createRequestRate(
  store: BucketStore | undefined,
  onError: (error: unknown) => void,
  account: string,
  { limit, periodMs }: ExportLimits['requests'],
) {
  const key = `segment_export:${createHash('sha256').update(account).digest('base64url').slice(0, 22)}`;
  return {
    /** Takes the next place in the row. Returns the wait until then, in milliseconds. */
    async reserve(): Promise<number> {
      if (!store) return 0;
      try {
        const [aheadMs = 0] = await store.advance([{ key, incrementMs: periodMs / limit, minAheadMs: 0, maxAheadMs }]);
        return Math.max(0, aheadMs);
      } catch (error) {
        onError(error);
        return 0;
      }
    },
  };
}
