import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Queries } from '../admin/admin.js';
import { setTable } from '../cohorts/memberSet.js';
import { partitionDays } from './partitionDays.js';
import { counted, type Erasure, type ErasureProgress } from './erasure.js';

const busyMs = 200;

interface Owner {
  readonly id: number;
  readonly setId: string | null;
}

/** SQL: the keys of the users as members. */
function keysOf({ users }: Erasure) {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(users.memberKeys)}::jsonb) collate "C")`;
}

/**
 * Takes the users out of the next cohort, and out of its changes that are not applied. No entry or exit is recorded, so
 * webhooks receive nothing of it. Undefined after the last cohort.
 */
export function eraseNextCohort(erasure: Erasure, progress: ErasureProgress): Promise<ErasureProgress | undefined> {
  return eraseNextOwner(erasure, progress, 'cohort', async (tx, { id }) => {
    const keys = keysOf(erasure);
    await tx.execute(sql`delete from cohort_tombstone where cohort_id = ${id} and member = any(${keys})`);
    await tx.execute(sql`
      update cohort_change set members = array(select m from unnest(members) with ordinality as u (m, place) where m <> all(${keys}) order by place)
      where cohort_id = ${id} and members && ${keys}`);
  });
}

/** Takes the users out of the next segment. Undefined after the last segment. */
export function eraseNextSegment(erasure: Erasure, progress: ErasureProgress): Promise<ErasureProgress | undefined> {
  return eraseNextOwner(erasure, progress, 'segment', async (tx, { id }) => {
    await tx.execute(sql`delete from segment_candidate where segment_id = ${id} and member = any(${keysOf(erasure)})`);
    await eraseSyncs(tx, id, erasure);
  });
}

/**
 * Forgets what was sent of the users to the destinations of a segment, and what is about to be: a request under way is not
 * recorded for them. Nothing is sent; the destination deletes its own data of a user.
 */
async function eraseSyncs(tx: Queries, segmentId: number, erasure: Erasure): Promise<void> {
  const keys = keysOf(erasure);
  const isOfSegment = sql`sync_id in (select id from segment_sync where segment_id = ${segmentId})`;
  await tx.execute(sql`delete from segment_sync_member where ${isOfSegment} and member = any(${keys})`);
  await tx.execute(sql`delete from segment_sync_refusal where ${isOfSegment} and member = any(${keys})`);
  await tx.execute(sql`
    with before as (
      select id, sync_id, cardinality(entered) + cardinality(gone) as changes from segment_sync_request
      where ${isOfSegment} and (entered && ${keys} or gone && ${keys}) for update
    ), after as (
      update segment_sync_request r set
        entered = array(select m from unnest(r.entered) m where m <> all(${keys})),
        gone = array(select m from unnest(r.gone) m where m <> all(${keys}))
      from before where r.id = before.id
      returning r.sync_id, before.changes - cardinality(r.entered) - cardinality(r.gone) as erased
    )
    update segment_sync y set change_count = change_count - erased.changes
    from (select sync_id, sum(erased) as changes from after group by sync_id) erased where y.id = erased.sync_id`);
  // The walk goes through the segment again, and sends again what it has to.
  await tx.execute(sql`
    update segment_sync set walk_after = '' where segment_id = ${segmentId} and walk_after = any(${keys})`);
}

async function eraseNextOwner(
  erasure: Erasure,
  progress: ErasureProgress,
  kind: 'cohort' | 'segment',
  eraseMore: (tx: Queries, owner: Owner) => Promise<void>,
): Promise<ErasureProgress | undefined> {
  const { admin, isDryRun, save } = erasure;
  const table = sql.raw(kind);
  let isBusy = false;
  const next = await admin.db.transaction(async (tx) => {
    const [owner] = await tx.execute<{ id: number }>(
      sql`select id from ${table} where id > ${Number(progress.after ?? 0)} order by id limit 1`,
    );
    if (!owner) return undefined;
    const [lock] = await tx.execute<{ held: boolean }>(
      sql`select pg_try_advisory_xact_lock(${advisoryLocks[kind]}::int, ${owner.id}::int) as held`,
    );
    isBusy = lock?.held !== true;
    if (isBusy) return progress;
    // Read under the lock: only its holder replaces the set.
    const [row] = await tx.execute<{ setId: string | null }>(
      sql`select set_id as "setId" from ${table} where id = ${owner.id} for update`,
    );
    const setId = row?.setId ?? null;
    const place = { ...progress, after: String(owner.id) };
    const removed = setId === null ? [] : await removeMembers(tx, setId, erasure);
    const next = counted(place, { membershipCount: removed.length });
    if (!isDryRun) {
      const count = (letter: string): number => removed.filter((member) => member.startsWith(letter)).length;
      // Even when nothing changes: an evaluation that sees an older moment conflicts with this, and is repeated.
      await tx.execute(sql`
        update ${table} set external_ids = external_ids - ${count('e')}, device_ids = device_ids - ${count('d')}, aliases = aliases - ${count('a')}
        where id = ${owner.id}`);
      await eraseMore(tx, { id: owner.id, setId });
    }
    await save(tx, next);
    return next;
  });
  if (isBusy) await wait(busyMs);
  return next;
}

/** Returns the members that are removed, or would be in a dry run. */
async function removeMembers(tx: Queries, setId: string, erasure: Erasure): Promise<readonly string[]> {
  const set = sql.identifier(setTable(setId));
  const [table] = await tx.execute<{ there: boolean }>(
    sql`select to_regclass(${setTable(setId)}) is not null as there`,
  );
  if (!table?.there) return [];
  const isTheirs = sql`member = any(${keysOf(erasure)})`;
  const rows = await tx.execute<{ member: string }>(
    erasure.isDryRun
      ? sql`select member from ${set} where ${isTheirs}`
      : sql`delete from ${set} where ${isTheirs} returning member`,
  );
  return Array.from(rows, ({ member }) => member);
}

/** Takes the users out of the next set that no cohort and no segment references. Undefined after the last one. */
export async function eraseNextSet(erasure: Erasure, progress: ErasureProgress): Promise<ErasureProgress | undefined> {
  return erasure.admin.db.transaction(async (tx) => {
    const [row] = await tx.execute<{ setId: string }>(sql`
      select set_id as "setId" from unreferenced_set where set_id > ${progress.after ?? '0'}::bigint order by set_id limit 1 for share`);
    if (!row) return undefined;
    await removeMembers(tx, row.setId, erasure);
    const next = { ...progress, after: row.setId };
    await erasure.save(tx, next);
    return next;
  });
}

/**
 * Deletes the users' entries and exits of the next day. A webhook request that is under way is repeated without them.
 * Undefined after the last day.
 */
export async function eraseNextChanges(
  erasure: Erasure,
  progress: ErasureProgress,
): Promise<ErasureProgress | undefined> {
  const day = (await partitionDays(erasure.admin.db, 'segment_change')).find(
    (each) => progress.day === undefined || each > progress.day,
  );
  if (day === undefined) return undefined;
  return erasure.admin.db.transaction(async (tx) => {
    const deleted = await tx.execute<{ id: number }>(sql`
      with gone as (
        delete from segment_change where stored_on = ${day} and member = any(${keysOf(erasure)}) returning segment_id
      )
      select distinct segment_id as id from gone`);
    const ids = sql.raw(Array.from(deleted, ({ id }) => Number(id)).join(', ') || 'null');
    await tx.execute(sql`
      update segment_webhook set batch_last_change_id = null, lease = null, leased_until = null where segment_id in (${ids})`);
    const next = { ...progress, day };
    await erasure.save(tx, next);
    return next;
  });
}
