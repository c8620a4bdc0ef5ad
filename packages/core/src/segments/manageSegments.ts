import { and, eq, exists, inArray, isNull, ne, notInArray, sql } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { instantKey, newestFirst, orderedPage, readPlace, readPlaced, type Order } from '../admin/order.js';
import { containsText, countRows, rowId, type Page, type PageRequest } from '../admin/page.js';
import { fieldProblem, inputInvalid, notConfirmed, versionConflict } from '../admin/problem.js';
import type { InputInvalid, NameTaken, NotConfirmed, VersionConflict } from '../admin/problem.js';
import { checkName, unlessNameTaken } from '../admin/name.js';
import { cohort, segment, segmentCandidate, segmentCohort, segmentSync, segmentWebhook } from '../db/schema.js';
import { cohortPathsOf, cohortsOf, readDefinition, type Definition, type ReadResult } from './definition.js';
import { deletedWebhook } from './manageWebhooks.js';
import { segmentColumns, segmentNotFound, segmentViewOf } from './segmentView.js';
import type { SegmentNotFound, SegmentRow, SegmentView } from './segmentView.js';

interface SegmentUpdate {
  readonly name?: string | undefined;
  readonly definition?: unknown;
  readonly ifVersion?: number | undefined;
}

export interface SegmentDeleted {
  readonly kind: 'SegmentDeleted';
  /** As it was before. */
  readonly segment: SegmentView;
  /** Webhooks that are deleted with it. */
  readonly webhookCount: number;
  /** Syncs that are deleted with it; what their destinations hold stays there. */
  readonly syncCount: number;
  /** The deletion was only planned: nothing has changed. */
  readonly isDryRun: boolean;
}

/** Creates a segment. It has members once a worker has evaluated it. */
export async function createSegment(
  admin: Db,
  given: { readonly name: string; readonly definition: unknown },
): Promise<SegmentView | InputInvalid | NameTaken> {
  const checked = await checkSegment(admin, given);
  if ('kind' in checked) return checked;
  const { name, definition } = checked as { readonly name: string; readonly definition: Definition };
  const made = await unlessNameTaken(admin.db, name, namesOf(name), async () => {
    const id = await admin.db.transaction(async (tx) => {
      if (!(await holdCohorts(tx, definition))) return undefined;
      const [row] = await tx.insert(segment).values({ name, definition }).returning({ id: segment.id });
      const { id } = row as { readonly id: number };
      await useCohorts(tx, id, definition);
      return id;
    });
    return id === undefined ? undefined : ((await getSegment(admin, String(id))) as SegmentView);
  });
  // A cohort was deleted meanwhile: look again.
  return made ?? createSegment(admin, given);
}

/** Updates the name or the definition. Members that a new definition adds or removes are recorded as changes. */
export async function updateSegment(
  admin: Db,
  id: string,
  update: SegmentUpdate,
): Promise<SegmentView | SegmentNotFound | InputInvalid | NameTaken | VersionConflict<SegmentView>> {
  const key = rowId(id) ?? 0;
  const checked = await checkSegment(admin, update);
  if ('kind' in checked) return checked;
  const { name, definition } = checked;
  const { ifVersion } = update;
  const answer = await unlessNameTaken(admin.db, name ?? '', namesOf(name ?? ''), async () => {
    const isUpdated = await admin.db.transaction(async (tx) => {
      if (definition && !(await holdCohorts(tx, definition))) return undefined;
      const isCurrent = and(isSegment(key), ifVersion === undefined ? undefined : eq(segment.version, ifVersion));
      if (name === undefined && definition === undefined) return (await tx.$count(segment, isCurrent)) === 1;
      const again = definition && {
        definitionVersion: sql`${segment.definitionVersion} + 1`,
        evaluateAfter: sql`now()`,
      };
      const updated = await tx
        .update(segment)
        .set({ name, definition, ...again, version: sql`${segment.version} + 1`, updatedAt: sql`now()` })
        .where(isCurrent)
        .returning({ id: segment.id });
      if (updated.length > 0 && definition !== undefined) await useCohorts(tx, key, definition);
      return updated.length > 0;
    });
    if (isUpdated === undefined) return undefined;
    const view = await getSegment(admin, id);
    if (isUpdated || view.kind === 'SegmentNotFound') return view;
    return versionConflict(view, ifVersion ?? 0);
  });
  // A cohort was deleted meanwhile: look again.
  return answer ?? updateSegment(admin, id, update);
}

/**
 * Keeps the cohorts of a definition from being deleted until the transaction ends, and waits for no changes that are being
 * applied to them. False when one is deleted already.
 */
async function holdCohorts(tx: Queries, definition: Definition): Promise<boolean> {
  const ids = cohortsOf(definition).map(Number);
  const held = await tx
    .select({ id: cohort.id })
    .from(cohort)
    .where(and(inArray(cohort.id, ids), isNull(cohort.deletedAt)))
    .orderBy(cohort.id)
    .for('key share');
  return held.length === ids.length;
}

/** Stores which cohorts a segment uses, and has all of its members evaluated. */
async function useCohorts(tx: Queries, segmentId: number, definition: Definition): Promise<void> {
  const cohortIds = cohortsOf(definition).map(Number);
  await tx
    .delete(segmentCohort)
    .where(and(eq(segmentCohort.segmentId, segmentId), notInArray(segmentCohort.cohortId, cohortIds)));
  await tx
    .insert(segmentCohort)
    .values(cohortIds.map((cohortId) => ({ cohortId, segmentId })))
    .onConflictDoNothing();
  await tx.insert(segmentCandidate).values({ segmentId });
}

const segments = collection({
  select: ({ db }: Db) => db.select(segmentColumns).from(segment),
  id: segment.id,
  isVisible: isNull(segment.deletedAt),
  viewOf: segmentViewOf,
});

export type SegmentOrder = Order<'created_at' | 'updated_at' | 'name'>;

const orderKeys = {
  created_at: sql`${segment.id}`,
  updated_at: instantKey(segment.updatedAt),
  name: sql`lower(${segment.name})`,
};

/** Segments, by default the newest first. */
export async function listSegments(
  admin: Db,
  request: PageRequest,
  { search, cohortId }: { readonly search?: string | undefined; readonly cohortId?: string | undefined } = {},
  order: SegmentOrder = newestFirst,
): Promise<Page<SegmentView>> {
  const after = readPlace(order, request);
  const isUse = and(eq(segmentCohort.segmentId, segment.id), eq(segmentCohort.cohortId, rowId(cohortId ?? '') ?? 0));
  const where = and(
    isNull(segment.deletedAt),
    search === undefined ? undefined : containsText(segment.name, search),
    cohortId === undefined ? undefined : exists(admin.db.select().from(segmentCohort).where(isUse)),
  );
  const ordered = { table: segment, id: segment.id, key: orderKeys[order.field], where };
  const rows = await readPlaced(admin, order, ordered, { after, limit: request.first + 1, columns: {} });
  const count = () => countRows(admin, admin.db.select().from(segment).where(where));
  return orderedPage(order, request, rows, (ids) => findSegments(admin, ids), count);
}

/** Segments by their ids, in the order of the ids. */
export const findSegments = segments.find;

export async function getSegment(admin: Db, id: string): Promise<SegmentView | SegmentNotFound> {
  return (await findSegments(admin, [id]))[0] ?? segmentNotFound;
}

export async function findSegment({ db }: Db, id: string): Promise<SegmentRow | undefined> {
  const [row] = await db
    .select(segmentColumns)
    .from(segment)
    .where(isSegment(rowId(id) ?? 0));
  return row;
}

function isSegment(key: number) {
  return and(eq(segment.id, key), isNull(segment.deletedAt));
}

/**
 * Deletes a segment, its webhooks and its syncs.
 * @param options.confirmName the exact name; not needed for a dry run, which changes nothing.
 */
export async function deleteSegment(
  admin: Db,
  id: string,
  { confirmName, isDryRun }: { readonly confirmName?: string | undefined; readonly isDryRun: boolean },
): Promise<SegmentDeleted | SegmentNotFound | NotConfirmed> {
  const view = await getSegment(admin, id);
  if (view.kind === 'SegmentNotFound') return view;
  const key = Number(view.id);
  const { name, memberCount } = view;
  const isWebhook = and(eq(segmentWebhook.segmentId, key), ne(segmentWebhook.state, 'deleted'));
  const isSync = and(eq(segmentSync.segmentId, key), ne(segmentSync.state, 'deleted'));
  if (isDryRun) {
    const webhookCount = await admin.db.$count(segmentWebhook, isWebhook);
    const syncCount = await admin.db.$count(segmentSync, isSync);
    return { kind: 'SegmentDeleted', segment: view, webhookCount, syncCount, isDryRun };
  }
  if (confirmName !== name)
    return notConfirmed(
      'confirmName',
      name,
      `; the segment has ${memberCount ?? 'not been evaluated, and may have'} members`,
    );
  const counts = await admin.db.transaction(async (tx) => {
    const deleted = await tx
      .update(segment)
      .set({ deletedAt: sql`now()` })
      .where(and(isSegment(key), eq(segment.name, name)))
      .returning({ id: segment.id });
    if (deleted.length === 0) return undefined;
    await tx.delete(segmentCohort).where(eq(segmentCohort.segmentId, key));
    const webhooks = await tx
      .update(segmentWebhook)
      .set(deletedWebhook)
      .where(isWebhook)
      .returning({ id: segmentWebhook.id });
    const syncs = await tx
      .update(segmentSync)
      .set({ state: 'deleted', stateSince: sql`now()`, credentials: null })
      .where(isSync)
      .returning({ id: segmentSync.id });
    return { webhookCount: webhooks.length, syncCount: syncs.length };
  });
  // Renamed or deleted meanwhile: look again.
  if (counts === undefined) return deleteSegment(admin, id, { confirmName, isDryRun });
  return { kind: 'SegmentDeleted', segment: view, ...counts, isDryRun };
}

interface Checked {
  readonly name: string | undefined;
  readonly definition: Definition | undefined;
}

/** The name and the definition to store, where they are given; or all that is wrong with them. */
async function checkSegment(admin: Db, given: SegmentUpdate): Promise<Checked | InputInvalid> {
  const name = given.name === undefined ? { value: undefined } : checkName(given.name);
  const read =
    given.definition === undefined ? { definition: undefined } : await checkDefinition(admin, given.definition);
  if ('value' in name && 'definition' in read) return { name: name.value, definition: read.definition };
  return inputInvalid([...('problem' in name ? [name.problem] : []), ...('problems' in read ? read.problems : [])]);
}

/** Reads a definition and checks that its cohorts exist. */
export async function checkDefinition({ db }: Db, given: unknown): Promise<ReadResult> {
  const read = readDefinition(given);
  if ('problems' in read) return read;
  const ids = cohortsOf(read.definition).map(Number);
  const rows = await db
    .select({ id: cohort.id })
    .from(cohort)
    .where(and(inArray(cohort.id, ids), isNull(cohort.deletedAt)));
  const known = new Set(rows.map(({ id }) => String(id)));
  const problems = cohortPathsOf(read.definition)
    .filter(({ cohortId }) => !known.has(cohortId))
    .map(({ path }) => fieldProblem(path, 'unknown_value', 'there is no cohort with this id'));
  return problems.length > 0 ? { problems } : read;
}

function namesOf(name: string) {
  return {
    table: segment,
    index: 'segment_name',
    isUnique: isNull(segment.deletedAt),
    ownerType: 'Segment',
    message: `name: another segment is called ${JSON.stringify(name)}; choose another name`,
  } as const;
}
