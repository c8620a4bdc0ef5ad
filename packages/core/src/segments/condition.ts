import type postgres from 'postgres';
import { setTable } from '../cohorts/memberSet.js';
import type { Queries } from '../cohorts/session.js';
import { cohortsOf, type Definition } from './definition.js';

/** The sets of a definition's cohorts; null for a cohort that has none, and so no members. */
export type CohortSets = ReadonlyMap<string, string | null>;

export async function readCohortSets(sql: Queries, definition: Definition): Promise<CohortSets> {
  const ids = cohortsOf(definition);
  const rows = await sql<{ id: number; set_id: string | null }[]>`
    select id, set_id from cohort where id = any(${ids}::int[]) and deleted_at is null`;
  const sets = new Map(rows.map(({ id, set_id }) => [String(id), set_id]));
  return new Map(ids.map((id) => [id, sets.get(id) ?? null]));
}

export type Fragment = postgres.PendingQuery<postgres.Row[]>;

/** The definition as an SQL condition, where `isIn` answers one for «is in this cohort». */
function conditionOf(sql: Queries, definition: Definition, isIn: (cohortId: string) => Fragment): Fragment {
  const all = (parts: readonly Definition[], word: Fragment): Fragment =>
    parts.map((part) => sql`(${conditionOf(sql, part, isIn)})`).reduce((left, right) => sql`${left} ${word} ${right}`);
  if ('all' in definition) return all(definition.all, sql`and`);
  if ('any' in definition) return all(definition.any, sql`or`);
  if ('not' in definition) return sql`not (${conditionOf(sql, definition.not, isIn)})`;
  return 'includes' in definition ? isIn(definition.includes) : sql`not ${isIn(definition.excludes)}`;
}

/** A condition on one member, named by `member`: an index is asked for each cohort. For few members. */
export function holdsForMember(sql: Queries, definition: Definition, sets: CohortSets, member: Fragment): Fragment {
  return conditionOf(sql, definition, (cohortId) => {
    const setId = sets.get(cohortId) ?? null;
    return setId === null ? sql`false` : sql`exists (select from ${sql(setTable(setId))} s where s.member = ${member})`;
  });
}

/** A query for everybody the definition holds for, as `member`, each once and in no order. For all at once. */
export function everybody(sql: Queries, definition: Definition, sets: CohortSets): Fragment {
  const present = [...sets].flatMap(([cohortId, setId]) => (setId === null ? [] : [{ cohortId, table: setTable(setId) }]));
  const [only, ...more] = present;
  if (!only) return sql`select ''::text collate "C" as member where false`;
  if (more.length === 0) {
    // In the one cohort, or in none: and for those in none no definition holds.
    const condition = conditionOf(sql, definition, (cohortId) => (cohortId === only.cohortId ? sql`true` : sql`false`));
    return sql`select member from ${sql(only.table)} where ${condition}`;
  }
  const tagged = present
    .map(({ table }, index) => sql`select member, ${(1n << BigInt(index)).toString()}::bigint as place from ${sql(table)}`)
    .reduce((left, right) => sql`${left} union all ${right}`);
  const condition = conditionOf(sql, definition, (cohortId) => {
    const index = present.findIndex((one) => one.cohortId === cohortId);
    return index < 0 ? sql`false` : sql`(bit_or(place) & ${(1n << BigInt(index)).toString()}::bigint <> 0)`;
  });
  return sql`select member from (${tagged}) m group by member having ${condition}`;
}
