import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogueEvent } from '@currents/schema';
import { openBatch, packBatch, type BatchPart } from './batch.js';
import { tombstoneOf } from './tombstone.js';

export interface ErasedBatch {
  /** Where the events stood, and tombstones stand now. */
  readonly positions: readonly number[];
  /** The content with tombstones, in the present form; undefined when no event matches. */
  readonly content: Buffer | undefined;
}

/**
 * Replaces the events of a batch that match by tombstones. Positions and slices stay. Rejects with `BatchUnreadable`, also
 * when only a part is damaged: what it holds is not known.
 */
export async function eraseEvents(
  content: Buffer,
  matches: (event: CatalogueEvent) => boolean,
  { onlyFind = false } = {},
): Promise<ErasedBatch> {
  const positions: number[] = [];
  const parts: BatchPart[] = [];
  let first = 0;
  for (const slice of await openBatch(content)) {
    const events = slice.read();
    const kept = events.map((event, index) => {
      if (!matches(event)) return event;
      positions.push(first + index);
      return tombstoneOf(event);
    });
    first += events.length;
    if (!onlyFind) parts.push({ json: Buffer.from(JSON.stringify(kept)), events: kept.length });
    // A slice takes a millisecond or so.
    await nextTurn();
  }
  return { positions, content: positions.length > 0 && !onlyFind ? await packBatch(parts) : undefined };
}
