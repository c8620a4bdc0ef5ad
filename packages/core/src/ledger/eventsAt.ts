import type { CatalogueEvent } from '@currents/schema';
import { BatchUnreadable, openBatch, type BatchSlice } from '../batch/batch.js';

/** The events at these positions of a batch, without those that cannot be read. Parses only the slices that hold them. */
export async function eventsAt(
  content: Buffer,
  positions: readonly number[],
): Promise<ReadonlyMap<number, CatalogueEvent>> {
  const found = new Map<number, CatalogueEvent>();
  let start = 0;
  for (const slice of await unlessUnreadable([], () => openBatch(content))) {
    const wanted = positions.filter((position) => position >= start && position < start + slice.count);
    if (wanted.length > 0) {
      const events = await unlessUnreadable<readonly CatalogueEvent[]>([], () => slice.read());
      for (const position of wanted) {
        const event = events[position - start];
        if (event) found.set(position, event);
      }
    }
    start += slice.count;
  }
  return found;
}

async function unlessUnreadable<Result = BatchSlice[]>(
  otherwise: Result,
  read: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BatchUnreadable) return otherwise;
    throw error;
  }
}
