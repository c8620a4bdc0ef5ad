import type { Admin } from '../admin/admin.js';
import { sizesOf } from '../cohorts/cohortView.js';
import { totalOf, type Sizes } from '../cohorts/memberSet.js';
import { cohortsOf, storedDefinition, type Definition } from './definition.js';

/** An audience, defined over cohorts. */
export interface SegmentView {
  readonly kind: 'Segment';
  readonly id: string;
  readonly name: string;
  readonly definition: Definition;
  readonly cohortIds: readonly string[];
  readonly sizes: Sizes;
  /** All kinds of ids together. */
  readonly members: number;
  /** When its members were last brought in line; undefined before the first time. */
  readonly evaluatedAt: Date | undefined;
  readonly evaluationMs: number | undefined;
  /** Whether its cohorts, or its definition, have changed since. */
  readonly due: boolean;
  /** Since when every entry and exit is known; undefined before the first evaluation. */
  readonly changesSince: Date | undefined;
  /** Where it stands: entries and exits after it are new. */
  readonly changesCursor: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface SegmentNotFound {
  readonly kind: 'SegmentNotFound';
  readonly message: string;
}

export function segmentNotFound(id: string): SegmentNotFound {
  return { kind: 'SegmentNotFound', message: `there is no segment with the id ${JSON.stringify(id.slice(0, 40))}` };
}

export interface SegmentRow {
  readonly id: number;
  readonly name: string;
  readonly definition: unknown;
  readonly version: number;
  readonly set_id: string | null;
  readonly external_ids: string;
  readonly device_ids: string;
  readonly aliases: string;
  readonly evaluated_at: Date | null;
  readonly evaluation_ms: number | null;
  readonly due: boolean;
  readonly last_change_id: string;
  readonly pruned_change_id: string;
  readonly changes_complete_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function segmentColumns({ sql }: Pick<Admin, 'sql'>) {
  return sql`
    s.id, s.name, s.definition, s.version, s.set_id, s.external_ids, s.device_ids, s.aliases, s.evaluated_at, s.evaluation_ms, s.last_change_id,
    s.pruned_change_id, s.changes_complete_since, s.created_at, s.updated_at, exists (select from segment_candidate c where c.segment_id = s.id) as due`;
}

export function segmentViewOf(row: SegmentRow): SegmentView {
  const definition = storedDefinition(row.definition);
  const sizes = sizesOf(row);
  return {
    kind: 'Segment',
    id: String(row.id),
    name: row.name,
    definition,
    cohortIds: cohortsOf(definition),
    sizes,
    members: totalOf(sizes),
    evaluatedAt: row.evaluated_at ?? undefined,
    evaluationMs: row.evaluation_ms ?? undefined,
    due: row.due,
    changesSince: row.changes_complete_since ?? undefined,
    changesCursor: row.last_change_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
