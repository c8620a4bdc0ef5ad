import { and, asc, eq, gt, gte } from 'drizzle-orm';
import type { Member } from '@currents/connector';
import type { Db } from '../admin/admin.js';
import { boundOf, checkFirst, countRows, pageOf, QuestionRefused, type Page, type PageRequest } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import { memberOf } from '../cohorts/memberKey.js';
import { segmentChange } from '../db/schema.js';
import { findSegment } from './manageSegments.js';
import { segmentNotFound, type SegmentNotFound, type SegmentView } from './segmentView.js';

/** A member entered a segment or left it. */
export interface SegmentChange {
  /** Rises from change to change, and is a cursor of the list. */
  readonly cursor: string;
  readonly at: Date;
  readonly type: 'entered' | 'left';
  readonly member: Member;
}

export interface SegmentChangePage extends Page<SegmentChange> {
  readonly kind: 'SegmentChangeConnection';
  /** The cursor to go on from, now or later, even after an empty page. */
  readonly resumeCursor: string;
}

/** Some of the requested changes are deleted: export all members again, and follow from the export's cursor. */
export type ChangesExpired = Problem<'ChangesExpired', Pick<SegmentView, 'changesCompleteSince'>>;

/** `after` is a cursor of this list, of an export, of a webhook's request or of the segment. */
interface ChangesRequest extends PageRequest {
  /** Instead of a cursor: changes recorded at this time or later. */
  readonly since?: Date | undefined;
}

/**
 * A segment's changes in order. Followed by cursor, each comes exactly once; a time is accurate to about a second, and
 * only for finding the first page.
 */
export async function listSegmentChanges(
  admin: Db,
  segmentId: string,
  request: ChangesRequest,
): Promise<SegmentChangePage | SegmentNotFound | ChangesExpired> {
  checkRequest(request);
  const { first, after, since } = request;
  const row = await findSegment(admin, segmentId);
  if (!row) return segmentNotFound;
  const changesCompleteSince = row.changesCompleteSince ?? undefined;
  const isStored =
    after !== undefined
      ? BigInt(after) >= BigInt(row.prunedChangeId)
      : since !== undefined && changesCompleteSince !== undefined && since >= changesCompleteSince;
  if (!isStored) {
    const extent = changesCompleteSince
      ? ` since ${changesCompleteSince.toISOString()}`
      : ' after the first evaluation';
    const message = `only changes${extent} are stored; export all members, and follow from the export's cursor`;
    return { kind: 'ChangesExpired', message, changesCompleteSince };
  }
  const condition = and(
    eq(segmentChange.segmentId, row.id),
    gt(segmentChange.id, after ?? row.prunedChangeId),
    since === undefined ? undefined : gte(segmentChange.at, boundOf(since)),
  );
  const select = () => admin.db.select().from(segmentChange).where(condition);
  const rows = await select()
    .orderBy(asc(segmentChange.id))
    .limit(first + 1);
  const page = pageOf(
    rows,
    { first, after },
    ({ id }) => id,
    () => countRows(admin, select()),
  );
  const nodes = page.nodes.map(({ id, at, entered, member }): SegmentChange => ({
    cursor: id,
    at,
    type: entered ? 'entered' : 'left',
    member: memberOf(member),
  }));
  // Nothing has happened since a time: go on from where the segment stood when it was read.
  const resumeCursor = page.cursors.at(-1) ?? after ?? row.lastChangeId;
  return { ...page, nodes, kind: 'SegmentChangeConnection', resumeCursor };
}

function checkRequest({ first, after, since }: ChangesRequest): void {
  checkFirst(first);
  if ((after === undefined) === (since === undefined))
    throw new QuestionRefused('expected either after or since, got both or neither');
  if (after !== undefined && !/^\d{1,18}$/.test(after))
    throw new QuestionRefused('after: expected a cursor of changes, got something else');
}
