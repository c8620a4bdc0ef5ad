import { getTableColumns, sql } from 'drizzle-orm';
import { memberCountsOf } from '../cohorts/cohortView.js';
import { totalOf, type MemberCounts } from '../cohorts/memberSet.js';
import { segment } from '../db/schema.js';
import { cohortsOf, storedDefinition, type Definition } from './definition.js';

/** An audience that is defined over cohorts. */
export interface SegmentView {
  readonly kind: 'Segment';
  readonly id: string;
  readonly name: string;
  readonly definition: Definition;
  readonly cohortIds: readonly string[];
  readonly memberCount: number;
  readonly memberCounts: MemberCounts;
  /** The last evaluation; undefined before the first. */
  readonly evaluatedAt: Date | undefined;
  readonly evaluationMs: number | undefined;
  /** Whether cohorts or the definition have changed since. */
  readonly isEvaluationDue: boolean;
  /** Every change since then is stored; undefined before the first evaluation. */
  readonly changesCompleteSince: Date | undefined;
  /** The last change: those after it are new. */
  readonly changesCursor: string;
  /** Rises with every update. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface SegmentNotFound {
  readonly kind: 'SegmentNotFound';
  readonly message: string;
}

export const segmentNotFound: SegmentNotFound = {
  kind: 'SegmentNotFound',
  message: 'there is no segment with this id',
};

export type SegmentRow = typeof segment.$inferSelect & { readonly isEvaluationDue: boolean };

/** The columns of a segment's view. */
export const segmentColumns = {
  ...getTableColumns(segment),
  isEvaluationDue: sql<boolean>`exists (select from segment_candidate where segment_candidate.segment_id = segment.id)`,
};

export function segmentViewOf(row: SegmentRow): SegmentView {
  const definition = storedDefinition(row.definition);
  const memberCounts = memberCountsOf(row);
  return {
    kind: 'Segment',
    id: String(row.id),
    name: row.name,
    definition,
    cohortIds: cohortsOf(definition),
    memberCount: totalOf(memberCounts),
    memberCounts,
    evaluatedAt: row.evaluatedAt ?? undefined,
    evaluationMs: row.evaluationMs ?? undefined,
    isEvaluationDue: row.isEvaluationDue,
    changesCompleteSince: row.changesCompleteSince ?? undefined,
    changesCursor: row.lastChangeId,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
