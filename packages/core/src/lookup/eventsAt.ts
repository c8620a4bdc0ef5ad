import type { CatalogueEvent } from '@currents/schema';
import { and, eq } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { BatchUnreadable, openBatch, type BatchSlice } from '../batch/batch.js';
import { batch } from '../db/schema.js';
import { runInSteps } from '../process/runInSteps.js';

interface Positions {
  readonly storedOn: string;
  readonly batchId: string;
  readonly positions: readonly number[];
}

/** The events at these positions of a batch, as far as they can be read. Parses only the slices that have them. */
export async function readEventsAt(
  db: Queries,
  { storedOn, batchId, positions }: Positions,
): Promise<ReadonlyMap<number, CatalogueEvent>> {
  const [row] = await db
    .select({ content: batch.content })
    .from(batch)
    .where(and(eq(batch.storedOn, storedOn), eq(batch.id, batchId)));
  if (!row) return new Map();
  try {
    return await runInSteps(eventsAt(await openBatch(row.content), new Set(positions)));
  } catch (error) {
    if (error instanceof BatchUnreadable) return new Map();
    throw error;
  }
}

function* eventsAt(slices: readonly BatchSlice[], positions: ReadonlySet<number>) {
  const found = new Map<number, CatalogueEvent>();
  let start = 0;
  for (const slice of slices) {
    const wanted = Array.from({ length: slice.count }, (_, index) => index).filter((index) =>
      positions.has(start + index),
    );
    if (wanted.length > 0) {
      const events = eventsOf(slice);
      for (const index of wanted) if (events[index]) found.set(start + index, events[index]);
      yield undefined;
    }
    start += slice.count;
  }
  return found;
}

function eventsOf(slice: BatchSlice): readonly CatalogueEvent[] {
  try {
    return slice.read();
  } catch (error) {
    if (error instanceof BatchUnreadable) return [];
    throw error;
  }
}
