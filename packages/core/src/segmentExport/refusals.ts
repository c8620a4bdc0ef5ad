import { and, desc, eq, sql, type SQL } from 'drizzle-orm';
import type { Member } from '@currents/connector';
import type { Admin, Db } from '../admin/admin.js';
import {
  countRows,
  pageOf,
  readCursor,
  rowId,
  storable,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { memberOf } from '../cohorts/memberKey.js';
import type { Sql } from '../db/connect.js';
import { segmentSyncRefusal } from '../db/schema.js';
import type { SegmentSyncView } from './syncView.js';

/** A change of a user that the destination refused, or cannot take. */
export interface SyncRefusal {
  readonly kind: 'SegmentSyncRefusal';
  readonly id: string;
  readonly segmentSyncId: string;
  readonly member: Member;
  /** Whether the user was to become a member there, or to be none any longer. */
  readonly type: 'entered' | 'left';
  readonly code: string;
  readonly detail: string;
  readonly refusedAt: Date;
  /** Whether a later change of the user was sent. */
  readonly isSuperseded: boolean;
}

export interface RefusalFilter {
  readonly code?: string | undefined;
  readonly isSuperseded?: boolean | undefined;
}

/** How many refusals of a sync have a reason. */
export interface RefusalCount {
  readonly code: string;
  /** What the code means, where the connector says so. */
  readonly description: string | undefined;
  readonly refusalCount: number;
  readonly lastAt: Date;
}

/** The newest refusals of a sync that are listed. Older ones are only counted. */
export const maxRefusals = 10_000;

/** SQL: the refusal is one of the newest of its sync. A write brings both at once, so the list is never longer. */
const isListed = sql`segment_sync_refusal.place > (
  select y.refused_count - ${maxRefusals}::int from segment_sync y where y.id = segment_sync_refusal.sync_id)`;

/** SQL: nothing was sent of the user later. Both times are that of one statement. */
const isLatest = sql<boolean>`exists (
  select from segment_sync_member m where m.sync_id = segment_sync_refusal.sync_id and m.member = segment_sync_refusal.member
    and m.state = 'refused' and m.sent_at = segment_sync_refusal.refused_at)`;

const columns = {
  syncId: segmentSyncRefusal.syncId,
  place: segmentSyncRefusal.place,
  member: segmentSyncRefusal.member,
  isMember: segmentSyncRefusal.isMember,
  code: segmentSyncRefusal.code,
  detail: segmentSyncRefusal.detail,
  refusedAt: segmentSyncRefusal.refusedAt,
  isLatest,
};

function select({ db }: Db) {
  return db.select(columns).from(segmentSyncRefusal);
}

/** The refusals of a sync, the newest first. */
export async function listSyncRefusals(
  admin: Db,
  syncId: string,
  request: PageRequest,
  filter: RefusalFilter = {},
): Promise<Page<SyncRefusal>> {
  const [cursor] = readCursor(request, 1);
  const where = and(isOfSync(syncId), matches(filter));
  const isAfter = cursor === undefined ? undefined : sql`${segmentSyncRefusal.place} < ${cursor}::bigint`;
  const rows = await select(admin)
    .where(and(where, isAfter))
    .orderBy(desc(segmentSyncRefusal.place))
    .limit(request.first + 1);
  const page = pageOf(
    rows,
    request,
    ({ place }) => writeCursor(place),
    () => countRows(admin, select(admin).where(where)),
  );
  return { ...page, nodes: page.nodes.map(viewOf) };
}

/** Refusals by their ids, in the order of the ids; undefined where there is none, or it is no longer listed. */
export async function findSyncRefusals(
  admin: Db,
  ids: readonly string[],
): Promise<readonly (SyncRefusal | undefined)[]> {
  const keys = ids.map((id) => /^(\d{1,9})-(\d{1,18})$/.exec(id)).filter((key) => key !== null);
  if (keys.length === 0) return ids.map(() => undefined);
  const isNamed = sql.join(
    keys.map(([, syncId, place]) => sql`(${syncId}::int, ${place}::bigint)`),
    sql`, `,
  );
  const rows = await select(admin).where(
    and(isListed, sql`(${segmentSyncRefusal.syncId}, ${segmentSyncRefusal.place}) in (${isNamed})`),
  );
  const views = new Map(rows.map((row) => [idOf(row), viewOf(row)]));
  return ids.map((id) => views.get(id));
}

/** How many of the refusals of a sync have each reason, the most frequent first. */
export async function countSyncRefusals(
  { db, segmentExports }: Pick<Admin, 'db' | 'segmentExports'>,
  { id, destination }: Pick<SegmentSyncView, 'id' | 'destination'>,
): Promise<readonly RefusalCount[]> {
  const { code, refusedAt } = segmentSyncRefusal;
  const refusalCount = sql<number>`count(*)::int`;
  const rows = await db
    .select({ code, refusalCount, lastAt: sql`max(${refusedAt})`.mapWith(refusedAt) })
    .from(segmentSyncRefusal)
    .where(isOfSync(id))
    .groupBy(code)
    .orderBy(desc(refusalCount), code);
  const reasons = segmentExports.get(destination)?.reasons ?? {};
  return rows.map((row) => ({ ...row, description: reasons[row.code] }));
}

/** How many refusals were counted in `refusedCount`, and are no longer in the list. */
export async function countUnlistedRefusals({ db }: Db, syncId: string): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    select (y.refused_count - (select count(*) from segment_sync_refusal where ${isOfSync(syncId)}))::float8 as n
    from segment_sync y where y.id = ${rowId(syncId) ?? 0}`);
  return row?.n ?? 0;
}

/** Deletes refusals that are beyond `maxRefusals` of their sync, or older than the retention. */
export async function pruneRefusals(query: Sql, retentionDays: number): Promise<void> {
  await query`
    delete from segment_sync_refusal r using segment_sync y
    where y.id = r.sync_id and r.place <= y.refused_count - ${maxRefusals}::int`;
  await query`delete from segment_sync_refusal where refused_at < now() - make_interval(days => ${retentionDays}::int)`;
}

/** SQL: as `isListed`, of one sync: a range of the primary key. */
function isOfSync(syncId: string): SQL {
  const id = rowId(syncId) ?? 0;
  return sql`segment_sync_refusal.sync_id = ${id} and segment_sync_refusal.place > (
    select refused_count - ${maxRefusals}::int from segment_sync where id = ${id})`;
}

function matches({ code, isSuperseded }: RefusalFilter): SQL | undefined {
  return and(
    code === undefined ? undefined : eq(segmentSyncRefusal.code, storable(code)),
    isSuperseded === undefined ? undefined : isSuperseded ? sql`not ${isLatest}` : isLatest,
  );
}

type Row = typeof segmentSyncRefusal.$inferSelect & { readonly isLatest: boolean };

function idOf({ syncId, place }: Pick<Row, 'syncId' | 'place'>): string {
  return `${syncId}-${place}`;
}

function viewOf({ syncId, member, isMember, code, detail, refusedAt, isLatest: isLast, place }: Row): SyncRefusal {
  return {
    kind: 'SegmentSyncRefusal',
    id: idOf({ syncId, place }),
    segmentSyncId: String(syncId),
    member: memberOf(member),
    type: isMember ? 'entered' : 'left',
    code,
    detail,
    refusedAt,
    isSuperseded: !isLast,
  };
}
