import { openBatch, type BatchSlice } from './batch.js';
import type { Sql } from '../db/connect.js';

interface BatchKey {
  readonly storedOn: string;
  readonly batchId: string;
  readonly events: number;
}

type Batch = Promise<readonly BatchSlice[]>;

/**
 * A batch is read in pieces of this many bytes, so that client and server copy them within memory they already have; a
 * whole batch needs new pages for each copy. As base64, because the driver only reads text.
 */
const pieceBytes = 48 * 1024;

export type BatchReader = ReturnType<typeof createBatchReader>;

/**
 * Reads batches; each only once when several Currents need it at about the same time.
 * Caches the batches read last, up to about `maxEvents` events, while `isShared` says that several Currents deliver. A
 * batch that only one of them needs is better freed early.
 */
export function createBatchReader(sql: Sql, maxEvents: number, isShared: () => boolean) {
  const kept = new Map<string, { readonly batch: Batch; readonly count: number }>();
  let count = 0;

  function forget(batchId: string): void {
    count -= kept.get(batchId)?.count ?? 0;
    kept.delete(batchId);
  }

  function keep(key: BatchKey, batch: Batch): void {
    kept.set(key.batchId, { batch, count: key.events });
    count += key.events;
    batch.catch(() => forget(key.batchId));
    for (const oldest of kept.keys()) {
      if (count <= maxEvents) break;
      forget(oldest);
    }
  }

  async function fetch(keys: readonly BatchKey[]): Promise<Map<string, Buffer>> {
    const rows = await sql<{ id: string; start: number; piece: string }[]>`
      select b.id, start, encode(substring(b.content from start for ${pieceBytes}::int), 'base64') as piece
      from unnest(${keys.map(({ storedOn }) => storedOn)}::date[], ${keys.map(({ batchId }) => batchId)}::bigint[]) k (stored_on, id)
      join batch b on b.stored_on = k.stored_on and b.id = k.id
      cross join generate_series(1, length(b.content), ${pieceBytes}::int) start`;
    const pieces = new Map<string, Buffer[]>();
    for (const { id, start, piece } of rows) {
      const known = pieces.get(id) ?? [];
      known[(start - 1) / pieceBytes] = Buffer.from(piece, 'base64');
      pieces.set(id, known);
    }
    return new Map(Array.from(pieces, ([id, known]) => [id, Buffer.concat(known)]));
  }

  async function unpack({ batchId }: BatchKey, contents: Promise<Map<string, Buffer>>): Batch {
    const content = (await contents).get(batchId);
    if (!content) throw new Error(`batch ${batchId} is no longer stored`);
    return openBatch(content);
  }

  return {
    /** Returns the slices of each batch, in the order of the keys. Rejects when a batch is no longer stored. */
    read(keys: readonly BatchKey[]): Promise<(readonly BatchSlice[])[]> {
      const missing = keys.filter(({ batchId }) => !kept.has(batchId));
      const contents = missing.length > 0 ? fetch(missing) : undefined;
      return Promise.all(
        keys.map((key) => {
          const known = kept.get(key.batchId);
          if (known) return known.batch;
          const batch = unpack(key, contents as Promise<Map<string, Buffer>>);
          if (isShared()) keep(key, batch);
          return batch;
        }),
      );
    },
  };
}
