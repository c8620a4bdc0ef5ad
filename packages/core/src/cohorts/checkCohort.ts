import type { Admin } from '../admin/admin.js';
import { findCohort } from './manageCohorts.js';
import {
  cohortColumns,
  cohortNotFound,
  cohortViewOf,
  type CohortNotFound,
  type CohortRow,
  type CohortView,
} from './cohortView.js';
import { readSets, setTable } from './memberSet.js';

type Deps = Pick<Admin, 'sql' | 'connectors'>;

export interface CohortChecked {
  readonly kind: 'CohortChecked';
  readonly cohort: CohortView;
  /** Members that are really there, counted one by one. */
  readonly counted: CohortView['sizes'];
  readonly balances: boolean;
}

/** Counts a cohort's members one by one, and compares them with the counts that are kept. */
export async function checkCohort(admin: Deps, id: string): Promise<CohortChecked | CohortNotFound> {
  return readSets(async () => {
    const row = await findCohort(admin, id);
    if (!row) return cohortNotFound(id);
    const { sql } = admin;
    // In one statement, so that what is counted and what is kept belong together.
    const [both] = await sql<(CohortRow & { e: string; d: string; a: string })[]>`
      select ${cohortColumns(admin)}, counted.e, counted.d, counted.a
      from cohort c cross join ${
        row.set_id === null
          ? sql`(select 0 as e, 0 as d, 0 as a)`
          : sql`(
        select count(*) filter (where left(member, 1) = 'e') as e, count(*) filter (where left(member, 1) = 'd') as d,
          count(*) filter (where left(member, 1) = 'a') as a from ${sql(setTable(row.set_id))})`
      } counted
      where c.id = ${row.id} and c.set_id is not distinct from ${row.set_id}::bigint`;
    if (!both) return checkCohort(admin, id);
    const cohort = cohortViewOf(admin, both);
    const counted = { externalIds: Number(both.e), deviceIds: Number(both.d), aliases: Number(both.a) };
    const { sizes } = cohort;
    const balances =
      counted.externalIds === sizes.externalIds &&
      counted.deviceIds === sizes.deviceIds &&
      counted.aliases === sizes.aliases;
    return { kind: 'CohortChecked', cohort, counted, balances };
  });
}
