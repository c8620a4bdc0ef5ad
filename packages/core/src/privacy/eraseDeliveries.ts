import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { adminShard } from '../admin/admin.js';
import { isReadable, type Deferral } from '../batch/deferral.js';
import { Outcome } from '../batch/outcome.js';
import { userDeleted } from '../batch/tombstone.js';
import { deliveryColumns, deliveryOf, type ClaimedDelivery } from '../delivery/claim.js';
import { startAttempt } from '../delivery/attempt.js';
import { record, type AttemptResult } from '../delivery/record.js';
import { databaseNow } from '../db/databaseNow.js';
import { counted, type Erasure, type ErasureProgress } from './erasure.js';
import type { UserMatcher } from './userIds.js';

/** Deliveries changed in one step. */
const stepDeliveries = 200;
const leaseSeconds = 60;
/** An attempt that is under way may run for some minutes; its worker reads the tombstones at the next one. */
const maxWaitMs = 10 * 60_000;
const waitMs = 500;

type Row = Parameters<typeof deliveryOf>[0] & { readonly currentId: number; readonly isBusy: boolean };

/**
 * Skips what is pending at the tombstones of the last batches, and takes the users' ids out of deferrals. Waits for
 * attempts under way. Returns the progress without these batches once that is done.
 */
export async function eraseNextDeliveries(erasure: Erasure, progress: ErasureProgress): Promise<ErasureProgress> {
  const { admin, users, save } = erasure;
  const { hits = {}, day = '', deliveryAfter = '0' } = progress;
  const rows = await admin.sql<Row[]>`
    select d.current_id as "currentId", d.lease is not null and d.due_at > now() as "isBusy", ${deliveryColumns(admin.sql)}
    from delivery d
    where d.stored_on = ${day} and d.id > ${deliveryAfter}::bigint and d.pending > 0 and d.batch_id = any(${Object.keys(hits)}::bigint[])
    order by d.id limit ${stepDeliveries}`;
  const positions = (row: Row): ReadonlySet<number> => new Set(hits[row.batchId] ?? []);
  const concerned = rows.filter((row) => hasPending(row, positions(row)));
  const skippedCount = await change(erasure, concerned, (delivery) =>
    eraseDelivery(delivery, new Set(hits[delivery.batchId] ?? []), users),
  );
  const last = rows.at(-1)?.id;
  const next = await afterRows(
    admin,
    counted(progress, { skippedCount }),
    last,
    concerned.some(({ isBusy }) => isBusy),
  );
  await save(admin.db, next);
  return next;
}

/** Where to go on: after the last row; from the start while attempts are waited for; or with further batches. */
async function afterRows(
  { db }: Erasure['admin'],
  progress: ErasureProgress,
  last: string | undefined,
  isBusy: boolean,
): Promise<ErasureProgress> {
  const nowMs = Date.parse(await databaseNow(db));
  const waitUntilMs = progress.waitUntilMs ?? nowMs + maxWaitMs;
  const isBehind = isBusy || progress.isBehind === true;
  if (last !== undefined) return { ...progress, deliveryAfter: last, waitUntilMs, isBehind };
  const { deliveryAfter: _after, hits: _hits, waitUntilMs: _until, isBehind: _behind, ...rest } = progress;
  if (!isBehind || nowMs > waitUntilMs) return rest;
  await wait(waitMs);
  return { ...progress, deliveryAfter: '0', waitUntilMs, isBehind: false };
}

/**
 * Takes what is left of the ids out of the next deferrals: of attempts that were under way. Waits for those that still
 * are. Undefined at the end.
 */
export async function eraseNextDeferrals(
  erasure: Erasure,
  progress: ErasureProgress,
): Promise<ErasureProgress | undefined> {
  const { admin, users, save } = erasure;
  // The text also holds positions and times, which a short id may look like: what is found here is looked at again.
  const rows = await admin.sql<Row[]>`
    select d.current_id as "currentId", d.lease is not null and d.due_at > now() as "isBusy", ${deliveryColumns(admin.sql)}
    from delivery d
    where d.deferred is not null and d.stored_at <= to_timestamp(${users.untilMs}::float8 / 1000) and d.id > ${progress.after ?? '0'}::bigint
      and exists (select from unnest(${[...users.patterns]}::text[]) p where d.deferred::text ~ p)
    order by d.id limit ${stepDeliveries}`;
  // What a later release has stored is left to it.
  const concerned = rows.filter(({ deferred }) => isReadable(deferred) && deferred.some((each) => names(each, users)));
  await change(erasure, concerned, (delivery) => eraseDelivery(delivery, new Set(), users));
  const next = await afterDeferrals(
    admin,
    progress,
    rows.at(-1)?.id,
    concerned.some(({ isBusy }) => isBusy),
  );
  if (next) await save(admin.db, next);
  return next;
}

/** As `afterRows`, by the place of the phase itself; undefined when it is over. */
async function afterDeferrals(
  { db }: Erasure['admin'],
  progress: ErasureProgress,
  last: string | undefined,
  isBusy: boolean,
): Promise<ErasureProgress | undefined> {
  const nowMs = Date.parse(await databaseNow(db));
  const waitUntilMs = progress.waitUntilMs ?? nowMs + maxWaitMs;
  const isBehind = isBusy || progress.isBehind === true;
  if (last !== undefined) return { ...progress, after: last, waitUntilMs, isBehind };
  if (!isBehind || nowMs > waitUntilMs) return undefined;
  await wait(waitMs);
  return { ...progress, after: '0', waitUntilMs, isBehind: false };
}

function names({ detail, users: waiting, budget }: Deferral, users: UserMatcher): boolean {
  return (
    users.isIn(detail) ||
    waiting?.some(([user]) => users.isUser(user)) === true ||
    (budget !== undefined && users.isIn(budget.key))
  );
}

function hasPending(row: Row, positions: ReadonlySet<number>): boolean {
  const { outcomes } = deliveryOf(row);
  return isReadable(row.deferred) && [...positions].some((position) => outcomes[position] === Outcome.pending);
}

/** Leases deliveries without a lease, and records what `erase` makes of them. Returns how many events end. */
async function change(
  { admin: { sql } }: Erasure,
  rows: readonly Row[],
  erase: (delivery: ClaimedDelivery) => AttemptResult,
): Promise<number> {
  let ended = 0;
  for (const currentId of new Set(rows.map((row) => row.currentId))) {
    const free = rows.filter((row) => row.currentId === currentId && !row.isBusy);
    // Of no worker: those have higher numbers.
    const lease = String(randomInt(1, 2 ** 32));
    const leased = await sql<Row[]>`
      update delivery d set lease = ${lease}::bigint, due_at = now() + ${leaseSeconds}::int * interval '1 second'
      from unnest(${free.map(({ storedOn }) => storedOn)}::date[], ${free.map(({ id }) => id)}::bigint[]) f (stored_on, id)
      where d.stored_on = f.stored_on and d.id = f.id and (d.lease is null or d.due_at <= now())
      returning ${deliveryColumns(sql)}`;
    const results = leased.map((row) => erase(deliveryOf(row)));
    if (results.length > 0) await record(sql, results, { currentId, lease, shard: adminShard });
    for (const { delivery, outcomes } of results)
      for (let at = 0; at < outcomes.length; at++) if (outcomes[at] !== delivery.outcomes[at]) ended++;
  }
  return ended;
}

function eraseDelivery(delivery: ClaimedDelivery, positions: ReadonlySet<number>, users: UserMatcher): AttemptResult {
  const deferred = delivery.deferred.flatMap((deferral) => withoutUsers(deferral, positions, users));
  // At no time: everything deferred stays so.
  const attempt = startAttempt({ ...delivery, deferred }, -Infinity);
  for (const position of positions) if (attempt.isPending(position)) attempt.skip(position, userDeleted);
  return { ...attempt.result(), delivery };
}

function withoutUsers(deferral: Deferral, positions: ReadonlySet<number>, users: UserMatcher): readonly Deferral[] {
  const kept = deferral.positions.filter((position) => !positions.has(position));
  if (kept.length === 0) return [];
  const { budget, users: waiting, ...rest } = deferral;
  return [
    {
      ...rest,
      detail: users.erase(rest.detail),
      positions: kept,
      ...(waiting && { users: waiting.filter(([user]) => !users.isUser(user)) }),
      ...(budget && { budget: { ...budget, key: users.erase(budget.key) } }),
    },
  ];
}
