import { BatchUnreadable, openBatch, type BatchSlice } from './batch.js';
import type { Sql } from '../db/connect.js';
import { beforeDeadline } from '../db/deadline.js';

interface BatchKey {
  readonly storedOn: string;
  readonly batchId: string;
  readonly events: number;
}

/** The slices of a batch, or why it cannot be read; rejects when the database does not answer. */
type Batch = Promise<readonly BatchSlice[] | BatchUnreadable>;

/**
 * A batch is read in pieces of this many bytes, so that client and server copy them within memory they already have; a
 * whole batch needs new pages for each copy. As base64, because the driver only reads text.
 */
const pieceBytes = 48 * 1024;
/** A batch is read again after this time: events of it may have been deleted meanwhile. */
export const maxCachedMs = 10_000;

export type BatchReader = ReturnType<typeof createBatchReader>;

/**
 * Reads batches; each only once when several Currents need it at about the same time.
 * Caches the batches read last, up to about `maxEvents` events, while `isShared` says that several Currents deliver. A
 * batch that only one of them needs is better freed early.
 */
export function createBatchReader(sql: Sql, maxEvents: number, isShared: () => boolean) {
  const kept = new Map<string, { readonly batch: Batch; readonly count: number; readonly readMs: number }>();
  let count = 0;

  function forget(batchId: string): void {
    count -= kept.get(batchId)?.count ?? 0;
    kept.delete(batchId);
  }

  /** They were read in the order in which they are kept. */
  function forgetOld(): void {
    const oldestMs = performance.now() - maxCachedMs;
    for (const [batchId, { readMs }] of kept) {
      if (readMs >= oldestMs) break;
      forget(batchId);
    }
  }

  function keep(key: BatchKey, batch: Batch): void {
    kept.set(key.batchId, { batch, count: key.events, readMs: performance.now() });
    count += key.events;
    batch.catch(() => {
      if (kept.get(key.batchId)?.batch === batch) forget(key.batchId);
    });
    for (const oldest of kept.keys()) {
      if (count <= maxEvents) break;
      forget(oldest);
    }
  }

  async function fetch(keys: readonly BatchKey[]): Promise<Map<string, Buffer>> {
    const query = sql<{ id: string; start: number; piece: string }[]>`
      select b.id, start, encode(substring(b.content from start for ${pieceBytes}::int), 'base64') as piece
      from unnest(${keys.map(({ storedOn }) => storedOn)}::date[], ${keys.map(({ batchId }) => batchId)}::bigint[]) k (stored_on, id)
      join batch b on b.stored_on = k.stored_on and b.id = k.id
      cross join generate_series(1, length(b.content), ${pieceBytes}::int) start`;
    const rows = await beforeDeadline(query);
    const pieces = new Map<string, Buffer[]>();
    for (const { id, start, piece } of rows) {
      const known = pieces.get(id) ?? [];
      known[(start - 1) / pieceBytes] = Buffer.from(piece, 'base64');
      pieces.set(id, known);
    }
    return new Map(Array.from(pieces, ([id, known]) => [id, Buffer.concat(known)]));
  }

  async function unpack({ batchId, events }: BatchKey, contents: Promise<ReadonlyMap<string, Buffer>>): Batch {
    const content = (await contents).get(batchId);
    if (!content) return new BatchUnreadable('missing');
    try {
      const slices = await openBatch(content);
      const stored = slices.reduce((sum, slice) => sum + slice.count, 0);
      return stored === events ? slices : new BatchUnreadable('damaged');
    } catch (error) {
      if (error instanceof BatchUnreadable) return error;
      throw error;
    }
  }

  return {
    /** Whether it reads batches for one Current only, and caches none. */
    isUnshared: () => !isShared(),
    /**
     * Returns the slices of each batch, or why it cannot be read, in the order of the keys.
     * @param known contents that need not be read, by batch id.
     */
    read(
      keys: readonly BatchKey[],
      known: ReadonlyMap<string, Buffer> = new Map(),
    ): Promise<(readonly BatchSlice[] | BatchUnreadable)[]> {
      // All are taken from the cache before any is added to it, because each addition may evict another one of them.
      forgetOld();
      const batches = new Map(keys.map(({ batchId }) => [batchId, kept.get(batchId)?.batch]));
      const missing = keys.filter(({ batchId }) => !batches.get(batchId));
      const unknown = missing.filter(({ batchId }) => !known.has(batchId));
      const contents = unknown.length > 0 ? fetch(unknown) : Promise.resolve(known);
      for (const key of missing) {
        if (batches.get(key.batchId)) continue;
        const batch = unpack(key, known.has(key.batchId) ? Promise.resolve(known) : contents);
        batches.set(key.batchId, batch);
        if (isShared()) keep(key, batch);
      }
      return Promise.all(keys.map(({ batchId }) => batches.get(batchId) as Batch));
    },
  };
}
