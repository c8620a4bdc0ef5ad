import { isDeepStrictEqual } from 'node:util';
import { eq, sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { rowId } from '../admin/page.js';
import { cohort } from '../db/schema.js';
import { cohortColumns, cohortNotFound, cohortViewOf, type CohortNotFound, type CohortView } from './cohortView.js';
import { countMembers, readSets, setTable, type MemberCounts } from './memberSet.js';

export interface CohortChecked {
  readonly kind: 'CohortChecked';
  readonly cohort: CohortView;
  /** The members in the cohort's set, counted one by one. */
  readonly countedMembers: MemberCounts;
  /** The count equals the cohort's `memberCounts`. */
  readonly isConsistent: boolean;
}

/** Counts a cohort's members one by one and compares them with the counters of the cohort, in one snapshot. */
export async function checkCohort(
  admin: Pick<Admin, 'db' | 'connectors'>,
  id: string,
): Promise<CohortChecked | CohortNotFound> {
  return readSets(() =>
    admin.db.transaction(
      async (tx): Promise<CohortChecked | CohortNotFound> => {
        const isCohort = eq(cohort.id, rowId(id) ?? 0);
        const [row] = await tx.select(cohortColumns).from(cohort).where(isCohort);
        if (!row) return cohortNotFound;
        const view = cohortViewOf(admin, row);
        const set = row.setId === null ? sql`(select '' as member where false)` : sql.identifier(setTable(row.setId));
        const [countedMembers] = (await tx.execute(sql`select ${sql.raw(countMembers)} from ${set} m`)) as unknown as [
          MemberCounts,
        ];
        const isConsistent = isDeepStrictEqual({ ...countedMembers }, view.memberCounts);
        return { kind: 'CohortChecked', cohort: view, countedMembers, isConsistent };
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    ),
  );
}
