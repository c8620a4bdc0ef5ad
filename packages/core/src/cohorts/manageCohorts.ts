import { and, eq, isNotNull, isNull, notExists, or, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { instantKey, newestFirst, orderedPage, readPlace, readPlaced, type Order, type Place } from '../admin/order.js';
import { maxCounted, QuestionRefused, rowId, storable, type Page, type PageRequest } from '../admin/page.js';
import { notConfirmed, versionConflict } from '../admin/problem.js';
import type { NotConfirmed, Problem, VersionConflict } from '../admin/problem.js';
import { cohort, cohortChange, cohortPull, segment, segmentCohort } from '../db/schema.js';
import { cohortColumns, cohortNotFound, cohortViewOf, type CohortNotFound, type CohortView } from './cohortView.js';
import { checkSchedule, type Schedule } from './freshness.js';
import { shownNameOf } from './partners.js';
import { dueAfterChange } from './pullSchedule.js';

type Deps = Pick<Admin, 'db' | 'connectors'>;

export interface CohortFilter {
  readonly partner?: string | undefined;
  /** Part of the display name or of the partner's id, in any case. */
  readonly search?: string | undefined;
  readonly isDeleted?: boolean | undefined;
}

export type CohortInUse = Problem<'CohortInUse', { segmentIds: readonly string[] }>;

export interface CohortDeleted {
  readonly kind: 'CohortDeleted';
  readonly cohort: CohortView;
  /** The deletion was only planned: nothing has changed. */
  readonly isDryRun: boolean;
}

export type CohortOrder = Order<'created_at' | 'last_sync_at' | 'name'>;

const orderKeys = {
  created_at: sql`${cohort.id}`,
  last_sync_at: instantKey(cohort.lastSyncAt),
  name: sql`lower(${cohort.name})`,
};

/** Cohorts, by default the newest first. */
export async function listCohorts(
  admin: Deps,
  request: PageRequest,
  filter: CohortFilter = {},
  order: CohortOrder = newestFirst,
): Promise<Page<CohortView>> {
  const after = readPlace(order, request);
  const rows = await readMatching(admin, order, filter, request.first + 1, after);
  const count = async (): Promise<number> => (await readMatching(admin, order, filter, maxCounted + 1)).length;
  return orderedPage(order, request, rows, (ids) => findCohorts(admin, ids), count);
}

/** Cohorts read per query of a search. */
const searchStep = 2_000;

/** The first cohorts that match, after a place. A display name is made by the connector, so the search runs here. */
async function readMatching(
  admin: Deps,
  order: CohortOrder,
  { partner, search, isDeleted = false }: CohortFilter,
  limit: number,
  after?: Place,
) {
  const where = and(
    isDeleted ? isNotNull(cohort.deletedAt) : isNull(cohort.deletedAt),
    partner === undefined ? undefined : eq(cohort.partner, storable(partner)),
  );
  const ordered = { table: cohort, id: cohort.id, key: orderKeys[order.field], where };
  const columns = { partner: cohort.partner, partnerId: cohort.partnerId, name: cohort.name };
  const part = search?.toLowerCase();
  if (part === undefined) return readPlaced(admin, order, ordered, { after, limit, columns });
  const found = [];
  for (let last = after; found.length < limit;) {
    const rows = await readPlaced(admin, order, ordered, { after: last, limit: searchStep, columns });
    for (const row of rows) {
      const texts = [row.partnerId, shownNameOf(admin.connectors, { ...row, id: row.partnerId })];
      if (texts.some((text) => text.toLowerCase().includes(part))) found.push(row);
    }
    const end = rows.at(-1);
    if (!end || rows.length < searchStep) break;
    last = { key: end.place, id: end.id };
  }
  return found.slice(0, limit);
}

const cohorts = collection({
  select: ({ db }: Deps) => db.select(cohortColumns).from(cohort),
  id: cohort.id,
  viewOf: (row, admin) => cohortViewOf(admin, row),
});

/** Cohorts by their ids, in the order of the ids, deleted ones included. */
export const findCohorts = cohorts.find;

/** A cohort in any state: deleted ones can still be read. */
export async function getCohort(admin: Deps, id: string): Promise<CohortView | CohortNotFound> {
  return (await findCohorts(admin, [id]))[0] ?? cohortNotFound;
}

interface CohortUpdate {
  /** Absent: unchanged. Null: unknown. */
  readonly schedule?: Schedule | null | undefined;
  readonly ifVersion?: number | undefined;
}

/**
 * Changes how often the cohort is expected to sync. If the hub pulls the cohort, this is its pull schedule: the next
 * pull is one period after the start of the last one, or on request only when the schedule is null.
 */
export async function updateCohort(
  admin: Deps,
  id: string,
  { schedule, ifVersion }: CohortUpdate,
): Promise<CohortView | CohortNotFound | VersionConflict<CohortView>> {
  if (schedule) checkSchedule(schedule);
  const key = rowId(id) ?? 0;
  const isCurrent = and(
    eq(cohort.id, key),
    isNull(cohort.deletedAt),
    ifVersion === undefined ? undefined : eq(cohort.version, ifVersion),
  );
  const isUpdated = await admin.db.transaction(async (tx) => {
    if (schedule === undefined) return (await tx.select({ id: cohort.id }).from(cohort).where(isCurrent)).length > 0;
    const updated = await tx
      .update(cohort)
      .set({ schedule, version: sql`${cohort.version} + 1` })
      .where(isCurrent)
      .returning({ id: cohort.id });
    if (updated.length === 0) return false;
    await tx
      .update(cohortPull)
      .set({ dueAt: dueAfterChange })
      .from(cohort)
      .where(
        and(
          eq(cohortPull.cohortId, key),
          eq(cohort.id, cohortPull.cohortId),
          isNull(cohortPull.runId),
          or(isNull(cohortPull.failureRecovery), eq(cohortPull.failureRecovery, 'automatic')),
        ),
      );
    return true;
  });
  const view = await getCohort(admin, id);
  if (view.kind === 'CohortNotFound' || isUpdated) return view;
  if (view.deletedAt !== undefined) return cohortNotFound;
  return versionConflict(view, ifVersion ?? 0);
}

/** Records how many members the partner says the cohort has, to compare with the hub's count: see `Drift`. */
export async function reportCohortSize(
  admin: Deps,
  id: string,
  { memberCount, by }: { readonly memberCount: number; readonly by: 'partner' | 'admin' },
): Promise<CohortView | CohortNotFound> {
  if (!Number.isSafeInteger(memberCount) || memberCount < 0)
    throw new QuestionRefused(`memberCount: expected a whole number from 0, got ${memberCount}`);
  const reported = await admin.db
    .update(cohort)
    .set({ reportedCount: memberCount, reportedBy: by, reportedAt: sql`now()`, netChangeSinceReport: 0 })
    .where(and(eq(cohort.id, rowId(id) ?? 0), isNull(cohort.deletedAt)))
    .returning({ id: cohort.id });
  return reported.length === 0 ? cohortNotFound : getCohort(admin, id);
}

/**
 * Deletes a cohort with its members and its pull. Entries and exits that its partner sends are refused from then on; a
 * declaration or a full sync creates it again, under the same ids.
 * @param options.confirmName the exact display name; not needed for a dry run, which changes nothing.
 */
export async function deleteCohort(
  admin: Deps,
  id: string,
  { confirmName, isDryRun }: { readonly confirmName?: string | undefined; readonly isDryRun: boolean },
): Promise<CohortDeleted | CohortNotFound | CohortInUse | NotConfirmed> {
  const { db } = admin;
  const view = await getCohort(admin, id);
  if (view.kind === 'CohortNotFound' || view.deletedAt) return cohortNotFound;
  const key = Number(view.id);
  const inUse = await findUse(admin, view);
  if (inUse) return inUse;
  if (isDryRun) return { kind: 'CohortDeleted', cohort: view, isDryRun };
  if (confirmName !== view.name)
    return notConfirmed('confirmName', view.name, `; the cohort has ${view.memberCount} members`);
  const isCohort = eq(cohort.id, key);
  const deletion = await db.transaction(async (tx) => {
    // Waits for segments that are being made of it, so that the next statement sees them.
    await tx.select({ id: cohort.id }).from(cohort).where(isCohort).for('update');
    const uses = tx.select().from(segmentCohort).where(eq(segmentCohort.cohortId, key));
    const deleted = await tx
      .update(cohort)
      .set({ deletedAt: sql`now()`, version: sql`${cohort.version} + 1` })
      .where(and(isCohort, isNull(cohort.deletedAt), notExists(uses)))
      .returning({ id: cohort.id });
    if (deleted.length === 0) return undefined;
    await tx.delete(cohortPull).where(eq(cohortPull.cohortId, key));
    const [last] = await tx
      .select({ id: sql<string>`coalesce(max(${cohortChange.id}), 0)` })
      .from(cohortChange)
      .where(eq(cohortChange.cohortId, key));
    return { lastChangeId: last?.id ?? '0' };
  });
  if (!deletion) return (await findUse(admin, view)) ?? cohortNotFound;
  // In a statement of its own: workers lock changes before cohorts. What is stored after the deletion may create it again.
  await db
    .update(cohortChange)
    .set({ state: 'dropped', members: null })
    .where(
      and(
        eq(cohortChange.cohortId, key),
        eq(cohortChange.state, 'pending'),
        sql`${cohortChange.id} <= ${deletion.lastChangeId}::bigint`,
      ),
    );
  return { kind: 'CohortDeleted', cohort: (await getCohort(admin, id)) as CohortView, isDryRun };
}

async function findUse({ db }: Deps, { id, name }: CohortView): Promise<CohortInUse | undefined> {
  const segments = await db
    .select({ id: segment.id, name: segment.name })
    .from(segmentCohort)
    .innerJoin(segment, eq(segment.id, segmentCohort.segmentId))
    .where(eq(segmentCohort.cohortId, Number(id)))
    .orderBy(segment.id);
  if (segments.length === 0) return undefined;
  const names = segments.map((each) => JSON.stringify(each.name)).join(', ');
  const message = `${JSON.stringify(name)} is used by ${names}; update or delete ${segments.length === 1 ? 'this segment' : 'these segments'} first`;
  return { kind: 'CohortInUse', message, segmentIds: segments.map((each) => String(each.id)) };
}
