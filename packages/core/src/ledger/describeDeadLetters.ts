import { setImmediate as turn } from 'node:timers/promises';
import type { CatalogueEvent } from '@currents/schema';
import { BatchUnreadable, openBatch, type BatchSlice } from '../batch/batch.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Sql } from '../db/connect.js';

/** Rows that are described in one transaction, of as many batches at most. */
const stepRows = 20;

interface Row {
  readonly storedOn: string;
  readonly id: string;
  readonly batchId: string;
  readonly positions: readonly number[];
}

/** SQL: whether a dead letter has no event type yet. Reads the first entry of each day of a partial index. */
export const hasUndescribed = 'exists (select from dead_letter where event_type is null)';

/**
 * Reads the event types of some dead letters, of one Current or any, from their batches, and splits the rows that hold
 * several. Attempts leave it to this, because they no longer have the events when they record, and most have no dead
 * letter. Takes turns with what changes the dead letters of the Current. Returns how many rows it read; 0 at the end.
 */
export async function describeDeadLetters(sql: Sql, currentId?: number): Promise<number> {
  const id =
    currentId ??
    (
      await sql<{ id: number }[]>`
    select current_id as id from dead_letter where event_type is null limit 1`
    )[0]?.id;
  if (id === undefined) return 0;
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${advisoryLocks.replay}::int, ${id}::int)`;
    const rows = await tx<Row[]>`
      select stored_on as "storedOn", id, batch_id as "batchId", positions from dead_letter
      where current_id = ${id} and event_type is null order by id limit ${stepRows} for update`;
    const parts: { readonly row: Row; readonly type: string; readonly positions: readonly number[] }[] = [];
    let open: { readonly batchId: string; readonly slices: readonly BatchSlice[] } | undefined;
    for (const row of rows) {
      if (open?.batchId !== row.batchId)
        open = { batchId: row.batchId, slices: await readSlices(tx as unknown as Sql, row) };
      for (const [type, positions] of await typesAt(open.slices, row.positions)) parts.push({ row, type, positions });
    }
    const isFirst = (part: (typeof parts)[number], index: number): boolean => parts[index - 1]?.row !== part.row;
    const columns = (some: typeof parts) => tx`unnest(
      ${some.map(({ row }) => row.storedOn)}::date[], ${some.map(({ row }) => row.id)}::bigint[],
      ${some.map(({ type }) => type)}::text[], ${some.map(({ positions }) => `{${positions.join(',')}}`)}::text[])
      part (stored_on, id, event_type, positions)`;
    const more = parts.filter((part, index) => !isFirst(part, index));
    if (more.length > 0)
      await tx`
        insert into dead_letter (stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, positions,
          recorded_at, replayed_at, event_type, split_from, discarded_at, discard_reason, discarded_by)
        select l.stored_on, l.current_id, l.batch_id, l.delivery_id, l.outcome, l.code, l.detail, l.attempts,
          part.positions::int[], l.recorded_at, l.replayed_at, part.event_type, coalesce(l.split_from, l.id),
          l.discarded_at, l.discard_reason, l.discarded_by
        from ${columns(more)} join dead_letter l on l.stored_on = part.stored_on and l.id = part.id`;
    await tx`
      update dead_letter l set event_type = part.event_type, positions = part.positions::int[]
      from ${columns(parts.filter(isFirst))} where l.stored_on = part.stored_on and l.id = part.id`;
    return rows.length;
  });
}

async function readSlices(sql: Sql, { storedOn, batchId }: Row): Promise<readonly BatchSlice[]> {
  const [row] = await sql<{ content: Buffer }[]>`
    select content from batch where stored_on = ${storedOn} and id = ${batchId}`;
  if (!row) return [];
  try {
    return await openBatch(row.content);
  } catch (error) {
    if (error instanceof BatchUnreadable) return [];
    throw error;
  }
}

/** The positions of each event type; of what cannot be read, under an empty one. */
async function typesAt(slices: readonly BatchSlice[], positions: readonly number[]): Promise<Map<string, number[]>> {
  const sorted = [...positions].sort((a, b) => a - b);
  const types = new Map<string, number[]>();
  const add = (type: string, position: number): void => {
    const known = types.get(type);
    if (known) known.push(position);
    else types.set(type, [position]);
  };
  let [next, first] = [0, 0];
  for (const slice of slices) {
    const end = first + slice.count;
    if (next < sorted.length && (sorted[next] as number) < end) {
      const events = eventsOf(slice);
      for (; next < sorted.length && (sorted[next] as number) < end; next++) {
        const position = sorted[next] as number;
        add(events[position - first]?.event_type ?? '', position);
      }
      await turn();
    }
    first = end;
  }
  for (; next < sorted.length; next++) add('', sorted[next] as number);
  return types;
}

function eventsOf(slice: BatchSlice): readonly (CatalogueEvent | undefined)[] {
  try {
    return slice.read();
  } catch (error) {
    if (error instanceof BatchUnreadable) return [];
    throw error;
  }
}
