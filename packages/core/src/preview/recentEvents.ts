import type { CatalogueEvent } from '@currents/schema';
import { sql } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { withinTime } from '../admin/withinTime.js';
import { BatchUnreadable, openBatch } from '../batch/batch.js';
import { isTombstone } from '../batch/tombstone.js';
import { runInSteps } from '../process/runInSteps.js';

/** What one request reads at most. */
const maxBatches = 1_000;
const maxContentBytes = 8 * 1024 * 1024;
const maxMs = 2_000;
const batchesAtOnce = 20;

interface BatchRow extends Record<string, unknown> {
  readonly day: string;
  readonly id: number;
  readonly content: Buffer;
}

/** The last accepted events that are stored and can be read, the newest first: fewer than `count` if they are large. */
export async function recentEvents({ db }: Db, count: number): Promise<readonly CatalogueEvent[]> {
  const endMs = performance.now() + maxMs;
  const events: CatalogueEvent[] = [];
  let [batches, bytes] = [0, 0];
  return withinTime({ db }, async (tx) => {
    let before: BatchRow | undefined;
    for (;;) {
      const rows = await batchesBefore(tx, before);
      for (const row of rows) {
        events.push(...(await lastEvents(row.content, count - events.length)));
        batches++;
        bytes += row.content.length;
        const isOver = batches >= maxBatches || bytes >= maxContentBytes || performance.now() > endMs;
        if (events.length >= count || isOver) return events;
      }
      before = rows.at(-1);
      if (rows.length < batchesAtOnce || !before) return events;
    }
  });
}

function batchesBefore(db: Queries, before: BatchRow | undefined): Promise<readonly BatchRow[]> {
  const after = before ? sql`where (stored_on, id) < (${before.day}::date, ${before.id})` : sql``;
  return db.execute<BatchRow>(sql`
    select to_char(stored_on, 'YYYY-MM-DD') as day, id::float8 as id, content from batch ${after}
    order by stored_on desc, id desc limit ${batchesAtOnce}`);
}

async function lastEvents(content: Buffer, count: number): Promise<readonly CatalogueEvent[]> {
  try {
    const slices = await openBatch(content);
    return await runInSteps(
      (function* () {
        const found: CatalogueEvent[] = [];
        for (const slice of slices.toReversed()) {
          if (found.length >= count) break;
          found.push(...slice.read().toReversed());
          yield undefined;
        }
        return found.filter((event) => !isTombstone(event)).slice(0, count);
      })(),
    );
  } catch (error) {
    if (error instanceof BatchUnreadable) return [];
    throw error;
  }
}
