import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { cohortNotFound, cohortViewOf, type CohortNotFound, type CohortView } from './cohortView.js';
import { findCohort } from './manageCohorts.js';
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
        const row = await findCohort({ db: tx }, id);
        if (!row) return cohortNotFound;
        const cohort = cohortViewOf(admin, row);
        const set = row.setId === null ? sql`(select '' as member where false)` : sql.identifier(setTable(row.setId));
        const [countedMembers] = (await tx.execute(sql`select ${sql.raw(countMembers)} from ${set} m`)) as unknown as [
          MemberCounts,
        ];
        const isConsistent = isDeepStrictEqual({ ...countedMembers }, cohort.memberCounts);
        return { kind: 'CohortChecked', cohort, countedMembers, isConsistent };
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    ),
  );
}
