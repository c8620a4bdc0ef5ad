import { getTableColumns, sql } from 'drizzle-orm';
import type { Problem } from '../admin/problem.js';
import { memberCountsOf } from '../cohorts/cohortView.js';
import { totalOf } from '../cohorts/memberSet.js';
import { segment } from '../db/schema.js';
import { cohortsOf, storedDefinition } from './definition.js';

/** An audience that is defined over cohorts. */
export type SegmentView = Readonly<ReturnType<typeof segmentViewOf>>;

export type SegmentNotFound = Problem<'SegmentNotFound'>;
export const segmentNotFound: SegmentNotFound = {
  kind: 'SegmentNotFound',
  message: 'there is no segment with this id',
};

/** Its members are not known before its first evaluation, seconds after it was created. */
export type SegmentNotEvaluated = Problem<'SegmentNotEvaluated'>;
export const segmentNotEvaluated: SegmentNotEvaluated = {
  kind: 'SegmentNotEvaluated',
  message: 'the segment is new and its members have not been computed yet',
};

export type SegmentRow = typeof segment.$inferSelect & { readonly isEvaluationDue: boolean };

/** The columns of a segment's view. */
export const segmentColumns = {
  ...getTableColumns(segment),
  isEvaluationDue: sql<boolean>`exists (select from segment_candidate where segment_candidate.segment_id = segment.id)`,
};

export function segmentViewOf(row: SegmentRow) {
  const definition = storedDefinition(row.definition);
  const memberCounts = memberCountsOf(row);
  return {
    kind: 'Segment' as const,
    id: String(row.id),
    name: row.name,
    definition,
    cohortIds: cohortsOf(definition),
    /** Undefined before the first evaluation, as the counts by type. */
    memberCount: row.evaluatedAt === null ? undefined : totalOf(memberCounts),
    memberCounts: row.evaluatedAt === null ? undefined : memberCounts,
    /** The last evaluation; undefined before the first. */
    evaluatedAt: row.evaluatedAt ?? undefined,
    evaluationMs: row.evaluationMs ?? undefined,
    /** Whether cohorts or the definition have changed since. */
    isEvaluationDue: row.isEvaluationDue,
    /** Every change since then is stored; undefined before the first evaluation. */
    changesCompleteSince: row.changesCompleteSince ?? undefined,
    /** The last change: those after it are new. */
    changesCursor: row.lastChangeId,
    /** Rises with every update. */
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
