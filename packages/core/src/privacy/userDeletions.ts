import { and, eq, sql } from 'drizzle-orm';
import { collection } from '../admin/collection.js';
import type { Admin, Db, Queries } from '../admin/admin.js';
import type { Page, PageRequest } from '../admin/page.js';
import { notConfirmed, type NotConfirmed } from '../admin/problem.js';
import { fieldProblem, inputInvalid, type InputInvalid } from '../admin/problem.js';
import { memberKey } from '../cohorts/memberKey.js';
import { userDeletion } from '../db/schema.js';
import type { Sql } from '../db/connect.js';
import { userHash, type StoredId } from './userHash.js';
import type { DeletedId } from './userIds.js';

/** The ids of one or more users. */
export interface UserIds {
  readonly externalUserIds?: readonly string[] | undefined;
  readonly deviceIds?: readonly string[] | undefined;
  /** The messaging platform's own ids. */
  readonly userIds?: readonly string[] | undefined;
  readonly aliases?: readonly { readonly label: string; readonly name: string }[] | undefined;
}

/** The most ids of one deletion. */
export const maxDeletedIds = 100;
const maxIdLength = 1_000;

export type UserDeletionView = ReturnType<typeof viewOf>;

export function storedIdsOf({ externalUserIds, deviceIds, userIds, aliases }: UserIds): readonly StoredId[] {
  return [
    ...(externalUserIds ?? []).map((id) => ({ kind: 'e' as const, id })),
    ...(deviceIds ?? []).map((id) => ({ kind: 'd' as const, id })),
    ...(userIds ?? []).map((id) => ({ kind: 'u' as const, id })),
    ...(aliases ?? []).map((alias) => ({ kind: 'a' as const, id: memberKey({ alias }) })),
  ];
}

/** Why these users' data cannot be deleted; undefined when it can. What cannot be undone is confirmed by repeating the ids. */
export function userDeletionProblem(
  ids: UserIds,
  confirmIds: readonly string[] | undefined,
  isDryRun: boolean,
): InputInvalid | NotConfirmed | undefined {
  const stored = storedIdsOf(ids);
  if (stored.length === 0 || stored.length > maxDeletedIds)
    return inputInvalid([
      fieldProblem('externalUserIds', 'required', `expected 1 to ${maxDeletedIds} ids in all, got ${stored.length}`),
    ]);
  if (stored.some(({ id }) => id.trim() === '' || id.length > maxIdLength))
    return inputInvalid([
      fieldProblem(
        'externalUserIds',
        'out_of_range',
        `expected ids of 1 to ${maxIdLength} characters that are not blank`,
      ),
    ]);
  if (isDryRun) return undefined;
  const named = [...(ids.externalUserIds ?? []), ...(ids.deviceIds ?? []), ...(ids.userIds ?? [])];
  const expected = new Set([...named, ...(ids.aliases ?? []).map(({ name }) => name)]);
  const given = new Set(confirmIds);
  const isConfirmed = expected.size === given.size && [...expected].every((id) => given.has(id));
  // Not the ids themselves: messages may be logged.
  return isConfirmed ? undefined : notConfirmed('confirmIds', 'the ids of the input', '; this cannot be undone');
}

const contextOf = (hashes: readonly string[]): string => `user_deletion:${hashes.join(',')}`;

/** Notes a deletion, with the ids sealed until it has ended. Returns its key. */
export async function createUserDeletion(
  { db, seal }: Pick<Admin, 'db' | 'seal'>,
  ids: UserIds,
  isDryRun: boolean,
): Promise<string> {
  const stored = storedIdsOf(ids);
  const hashes = isDryRun ? [] : stored.map((id) => userHash(seal, id));
  const sealed = seal.seal(JSON.stringify(stored), contextOf(hashes));
  const [row] = await db.insert(userDeletion).values({ hashes, sealed }).returning({ id: userDeletion.id });
  return String(row?.id);
}

/** The ids of a deletion; undefined when it has ended. */
export async function openUserDeletion(
  { db, seal }: Pick<Admin, 'db' | 'seal'>,
  key: string,
): Promise<readonly DeletedId[] | undefined> {
  const [row] = await db
    .select()
    .from(userDeletion)
    .where(eq(userDeletion.id, Number(key)));
  if (!row?.sealed) return undefined;
  const stored = JSON.parse(seal.open(row.sealed, contextOf(row.hashes))) as readonly StoredId[];
  return stored.map((id) => ({ ...id, untilMs: row.requestedAt.getTime() }));
}

/** Forgets the ids of a deletion. Of a dry run, nothing is left. */
export async function endUserDeletion(db: Queries, key: string, isDryRun: boolean): Promise<void> {
  const isRow = eq(userDeletion.id, Number(key));
  if (isDryRun) await db.delete(userDeletion).where(isRow);
  else
    await db
      .update(userDeletion)
      .set({ sealed: null, finishedAt: sql`now()` })
      .where(isRow);
}

/** A deletion as another database knows it, such as the one that a backup replaces. */
export interface UserDeletionRecord {
  readonly requestedAt: Date;
  readonly hashes: readonly string[];
}

export const maxDeletionRecords = 1_000;

/** Adds deletions that a restored backup does not know. Those that it knows are left out. */
export async function addUserDeletions({ db }: Db, records: readonly UserDeletionRecord[]): Promise<void> {
  for (const { requestedAt, hashes } of records) {
    const isKnown = and(
      eq(userDeletion.hashes, [...hashes]),
      sql`${userDeletion.requestedAt} >= ${requestedAt.toISOString()}::timestamptz`,
    );
    const known = await db.select({ id: userDeletion.id }).from(userDeletion).where(isKnown).limit(1);
    if (known.length === 0) await db.insert(userDeletion).values({ hashes: [...hashes], requestedAt });
  }
}

const deletions = collection({ select: ({ db }: Db) => db.select().from(userDeletion), id: userDeletion.id, viewOf });

/** The newest first. */
export function listUserDeletions(admin: Db, page: PageRequest): Promise<Page<UserDeletionView>> {
  return deletions.list(admin, page, sql`cardinality(${userDeletion.hashes}) > 0`);
}

export const findUserDeletions = deletions.find;

function viewOf({ id, hashes, requestedAt, finishedAt }: typeof userDeletion.$inferSelect) {
  return {
    kind: 'UserDeletion' as const,
    id: String(id),
    /** Keyed hashes of the ids, in hexadecimal. */
    hashes: hashes as readonly string[],
    requestedAt,
    /** Undefined while it is under way, and when it was cancelled. */
    finishedAt: finishedAt ?? undefined,
  };
}

/** Forgets the ids of deletions whose jobs were cancelled or failed. */
export async function pruneUserDeletions(query: Sql): Promise<void> {
  await query`
    update user_deletion d set sealed = null
    where sealed is not null and requested_at < now() - interval '10 minutes' and not exists (
      select from job j where j.operation = 'delete_user_data' and j.input->>'deletionKey' = d.id::text
        and j.state in ('queued', 'running', 'paused'))`;
  await query`
    update job set progress = progress - 'sealed'
    where operation = 'repeat_user_deletions' and progress ? 'sealed' and state not in ('queued', 'running', 'paused')`;
}

/** The hashes of all deletions, with the time up to which what is stored is to be deleted. */
export async function readDeletedHashes({ db }: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db.execute<{ hash: string; ms: number }>(sql`
    select hash, extract(epoch from max(requested_at))::float8 * 1000 as ms from user_deletion, unnest(hashes) hash group by hash`);
  return new Map(Array.from(rows, ({ hash, ms }) => [hash, ms]));
}
