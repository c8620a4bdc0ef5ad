import { sql } from 'drizzle-orm';
import { BatchUnreadable } from '../batch/batch.js';
import { eraseEvents, type ErasedBatch } from '../batch/eraseEvents.js';
import { partitionDays } from './partitionDays.js';
import { counted, type Erasure, type ErasureProgress } from './erasure.js';

/** What is read in one step: its events are parsed, which takes about a tenth of a second. */
const stepBatches = 64;
const stepBytes = 4 * 1024 * 1024;
/** Batches with tombstones after which their deliveries are changed, so that the progress stays small. */
const maxHits = 500;
/** A batch that was being stored when the deletion began may be visible only later. */
const recentMinutes = 10;

interface Row {
  readonly id: string;
  readonly storedAtMs: number;
  readonly content: Buffer;
}

/** Rewrites the next batches of a day. Undefined after the last one of the last day. */
export async function eraseNextBatches(
  erasure: Erasure,
  progress: ErasureProgress,
): Promise<ErasureProgress | undefined> {
  const { admin, users, isDryRun, save } = erasure;
  const day = progress.day ?? (await nextDay(erasure, progress, undefined));
  if (day === undefined) return undefined;
  const rows = await readRows(erasure, progress, day);
  if (rows.length === 0) {
    if (hasHits(progress)) return { ...progress, day, deliveryAfter: '0' };
    const next = await nextDay(erasure, progress, day);
    if (next === undefined) return undefined;
    const begun = { ...progress, day: next, after: '0' };
    await save(admin.db, begun);
    return begun;
  }
  const hits: Record<string, readonly number[]> = { ...progress.hits };
  const rewritten: { readonly id: string; readonly content: Buffer }[] = [];
  let [events, unreadable] = [0, 0];
  for (const { id, storedAtMs, content } of rows) {
    const erased = await eraseOrNot(content, storedAtMs, erasure);
    if (erased === undefined) unreadable++;
    else if (erased.positions.length > 0) {
      events += erased.positions.length;
      hits[id] = erased.positions;
      if (erased.content) rewritten.push({ id, content: erased.content });
    }
  }
  const isRead = progress.phase === 'batches';
  const next = counted(
    { ...progress, day, after: rows.at(-1)?.id, hits: isDryRun ? undefined : hits },
    { batchCount: isRead ? rows.length : 0, eventCount: events, unreadableCount: isRead ? unreadable : 0 },
  );
  const toDeliveries = !isDryRun && Object.keys(hits).length >= maxHits ? { ...next, deliveryAfter: '0' } : next;
  await admin.db.transaction(async (tx) => {
    // Nobody else changes a batch, and the deletions of two jobs at once are each repeated by the lock of the row.
    for (const { id, content } of rewritten) {
      const [present] = await tx.execute<{ content: Buffer }>(
        sql`select content from batch where stored_on = ${day} and id = ${id} for update`,
      );
      if (!present) continue;
      const before = rows.find((row) => row.id === id) as Row;
      const fresh = present.content.equals(before.content)
        ? content
        : (await eraseEvents(present.content, (event) => users.isTheirs(event, before.storedAtMs))).content;
      if (fresh) await tx.execute(sql`update batch set content = ${fresh} where stored_on = ${day} and id = ${id}`);
    }
    await save(tx, toDeliveries);
  });
  return toDeliveries;
}

export function hasHits({ hits }: ErasureProgress): boolean {
  return hits !== undefined && Object.keys(hits).length > 0;
}

async function eraseOrNot(
  content: Buffer,
  storedAtMs: number,
  { users, isDryRun }: Erasure,
): Promise<ErasedBatch | undefined> {
  try {
    return await eraseEvents(content, (event) => users.isTheirs(event, storedAtMs), { onlyFind: isDryRun });
  } catch (error) {
    if (!(error instanceof BatchUnreadable)) throw error;
    return undefined;
  }
}

/** The next day that may hold what is to be read, up to the day of the deletion. */
async function nextDay({ admin, users }: Erasure, { phase }: ErasureProgress, after: string | undefined) {
  const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const first = phase === 'recentBatches' ? dayOf(users.untilMs - recentMinutes * 60_000) : '';
  const days = await partitionDays(admin.db, 'batch');
  return days.find((day) => day >= first && (after === undefined || day > after) && day <= dayOf(users.untilMs));
}

async function readRows({ admin, users }: Erasure, { phase, after = '0' }: ErasureProgress, day: string) {
  const from = phase === 'recentBatches' ? users.untilMs - recentMinutes * 60_000 : 0;
  const rows = await admin.db.execute<{ id: string; ms: number; content: Buffer }>(sql`
    with next as (
      select id, length(content) as bytes from batch
      where stored_on = ${day} and id > ${after}::bigint and stored_at >= to_timestamp(${from}::float8 / 1000)
        and stored_at <= to_timestamp(${users.untilMs}::float8 / 1000)
      order by id limit ${stepBatches}
    ), summed as (
      select id, bytes, sum(bytes) over (order by id) as upto from next
    )
    select b.id, extract(epoch from b.stored_at)::float8 * 1000 as ms, b.content
    from summed s join batch b on b.stored_on = ${day} and b.id = s.id
    where s.upto <= ${stepBytes}::bigint or s.upto = s.bytes order by b.id`);
  return Array.from(rows, ({ id, ms, content }): Row => ({ id, storedAtMs: ms, content }));
}
