import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Sql } from '../db/connect.js';
import { isCode, lockNotAvailable, undefinedTable } from '../db/errors.js';
import type { Fragment, Queries, Session, Transaction } from '../db/session.js';

/** How many members a set holds, by the type of their ids. */
export interface MemberCounts {
  readonly externalIdCount: number;
  readonly deviceIdCount: number;
  readonly aliasCount: number;
}

export function totalOf({ externalIdCount, deviceIdCount, aliasCount }: MemberCounts): number {
  return externalIdCount + deviceIdCount + aliasCount;
}

export const noMembers: MemberCounts = { externalIdCount: 0, deviceIdCount: 0, aliasCount: 0 };

export function addCounts(one: MemberCounts, other: MemberCounts): MemberCounts {
  return {
    externalIdCount: one.externalIdCount + other.externalIdCount,
    deviceIdCount: one.deviceIdCount + other.deviceIdCount,
    aliasCount: one.aliasCount + other.aliasCount,
  };
}

/** SQL that counts rows `m` with a `member` as `MemberCounts`. */
export const countMembers = countsBy((isKind) => `count(*) filter (where ${isKind})`);

/** SQL that counts rows `m` with a `member` that has `entered`, less those that left, as `MemberCounts`. */
export const countGains = countsBy(
  (isKind) => `count(*) filter (where ${isKind} and m.entered) - count(*) filter (where ${isKind} and not m.entered)`,
);

function countsBy(count: (isKind: string) => string): string {
  const countOf = (kind: string): string => `(${count(`left(m.member, 1) = '${kind}'`)})::float8`;
  return `${countOf('e')} as "externalIdCount", ${countOf('d')} as "deviceIdCount", ${countOf('a')} as "aliasCount"`;
}

/** The assignments to the counters of a cohort or segment: of these counts, or of these more. */
export function assignCounts(tx: Transaction, counts: MemberCounts, mode: 'set' | 'add') {
  const kept = mode === 'add' ? 1 : 0;
  return tx`
    external_ids = external_ids * ${kept} + ${counts.externalIdCount}, device_ids = device_ids * ${kept} + ${counts.deviceIdCount},
    aliases = aliases * ${kept} + ${counts.aliasCount}`;
}

/** Locks a cohort's members until the transaction ends. False when another transaction holds the lock. */
export async function lockCohort(tx: Transaction, cohortId: number): Promise<boolean> {
  const [lock] = await tx<[{ held: boolean }]>`
    select pg_try_advisory_xact_lock(${advisoryLocks.cohort}::int, ${cohortId}::int) as held`;
  return lock.held;
}

/** The name of the table that holds a set. */
export function setTable(setId: string): string {
  return `member_set_${setId}`;
}

export function isMemberSet(table: string): boolean {
  return /^member_set_\d+$/.test(table);
}

/** Makes the table of a set without an index: to index it after a bulk load costs a fraction. */
export async function makeMemberSet(tx: Transaction, table: string): Promise<void> {
  await tx`create table ${tx(table)} (member text collate "C" not null, computed_at_ms bigint)`;
}

export async function indexMemberSet(tx: Transaction, table: string): Promise<void> {
  await tx`alter table ${tx(table)} add primary key (member)`;
}

/** Creates a set, visible once the transaction commits, and returns its id. */
export async function createSet(tx: Transaction, members?: Fragment): Promise<string> {
  const [row] = await tx<[{ id: string }]>`select nextval('member_set_id') as id`;
  const table = setTable(row.id);
  await makeMemberSet(tx, table);
  if (members) await tx`insert into ${tx(table)} (member) ${members}`;
  await indexMemberSet(tx, table);
  if (members) await tx`analyze ${tx(table)}`;
  return row.id;
}

/** How long a statement may run that makes a whole set. Sessions for it are opened with this as `maxStatementMs`. */
export const wholeSetMs = 60 * 60_000;

/** Allows the transaction to sort and index millions of members. */
export async function raiseWorkMem(tx: Transaction): Promise<void> {
  await tx`select set_config('statement_timeout', ${String(wholeSetMs)}, true), set_config('work_mem', '64MB', true), set_config('maintenance_work_mem', '256MB', true)`;
}

/**
 * Has the rest of the transaction look members up by index. A change is small beside a set, but the planner knows only
 * how large former changes were: after a large one it would read all of a set for a small one.
 */
export async function planFewMembers(tx: Transaction): Promise<void> {
  await tx`
    select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true)`;
}

/** The set is no longer referenced. It is dropped once its readers have had time to finish. */
export async function supersedeSet(tx: Queries, setId: string | null): Promise<void> {
  if (setId !== null) await tx`insert into unreferenced_set (set_id) values (${setId}::bigint)`;
}

const graceSeconds = 10;

/** Drops unreferenced sets. One that is still being read is left for the next time. */
export async function dropSuperseded(sql: Sql, session: Session): Promise<void> {
  const sets = await sql<{ set_id: string }[]>`
    select set_id from unreferenced_set where unreferenced_since < now() - ${graceSeconds}::int * interval '1 second' order by set_id`;
  for (const { set_id: setId } of sets) {
    try {
      await session.transact(async (tx) => {
        await tx`set local lock_timeout = '200ms'`;
        await tx`drop table if exists ${tx(setTable(setId))}`;
        await tx`delete from unreferenced_set where set_id = ${setId}::bigint`;
      });
    } catch (error) {
      if (!isCode(error, lockNotAvailable)) throw error;
    }
  }
}

const maxTries = 20;

/** Reads sets, and starts again if one was dropped after it was looked up, because another set has replaced it. */
export async function readSets<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      if (!isCode(error, undefinedTable) || tries === maxTries) throw error;
    }
  }
}
