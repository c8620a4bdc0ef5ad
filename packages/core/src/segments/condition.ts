import { setTable } from '../cohorts/memberSet.js';
import type { Fragment, Queries } from '../db/session.js';
import { cohortsOf, matches, type Definition } from './definition.js';

/** The sets of a definition's cohorts; null for a cohort without members. */
type CohortSets = ReadonlyMap<string, string | null>;

export async function readCohortSets(sql: Queries, definition: Definition): Promise<CohortSets> {
  const ids = cohortsOf(definition);
  const rows = await sql<{ id: number; set_id: string | null }[]>`
    select id, set_id from cohort where id = any(${ids}::int[]) and deleted_at is null`;
  const sets = new Map(rows.map(({ id, set_id }) => [String(id), set_id]));
  return new Map(ids.map((id) => [id, sets.get(id) ?? null]));
}

/** The definition as an SQL condition, where `isIn` returns the condition of being in one cohort. */
function conditionOf(sql: Queries, definition: Definition, isIn: (cohortId: string) => Fragment): Fragment {
  const all = (parts: readonly Definition[], word: Fragment): Fragment =>
    parts.map((part) => sql`(${conditionOf(sql, part, isIn)})`).reduce((left, right) => sql`${left} ${word} ${right}`);
  if ('all' in definition) return all(definition.all, sql`and`);
  if ('any' in definition) return all(definition.any, sql`or`);
  if ('not' in definition) return sql`not (${conditionOf(sql, definition.not, isIn)})`;
  return 'includes' in definition ? isIn(definition.includes) : sql`not ${isIn(definition.excludes)}`;
}

/** An SQL condition on one `member`, with an index lookup per cohort. For few members. */
export function matchesMember(sql: Queries, definition: Definition, sets: CohortSets, member: Fragment): Fragment {
  return conditionOf(sql, definition, (cohortId) => {
    const setId = sets.get(cohortId) ?? null;
    return setId === null ? sql`false` : sql`exists (select from ${sql(setTable(setId))} s where s.member = ${member})`;
  });
}

/** A query for every `member` that the definition holds for, each once, unordered: joins of whole sets. */
export function selectMembers(sql: Queries, definition: Definition, sets: CohortSets): Fragment {
  return selectNormalForm(sql, negationNormalForm(definition, true), sets);
}

/** A definition in negation normal form: only cohorts are negated. */
type NormalForm = Exclude<Definition, { readonly not: unknown }> & {
  readonly all?: readonly NormalForm[];
  readonly any?: readonly NormalForm[];
};

/** De Morgan's laws. `holds`: whether to return the definition itself, or its negation. */
function negationNormalForm(definition: Definition, holds: boolean): NormalForm {
  if ('not' in definition) return negationNormalForm(definition.not, !holds);
  if ('includes' in definition) return holds ? definition : { excludes: definition.includes };
  if ('excludes' in definition) return holds ? definition : { includes: definition.excludes };
  const parts = ('all' in definition ? definition.all : definition.any).map((part) => negationNormalForm(part, holds));
  return 'all' in definition === holds ? { all: parts } : { any: parts };
}

/** Whether it holds for no user outside of the cohorts, so that all its members are in them. */
function isBounded(definition: NormalForm): boolean {
  return !matches(definition, () => false);
}

/** The definition has to be bounded. Of `all`, one bounded part is read and filtered by the others; of `any`, every part is bounded. */
function selectNormalForm(sql: Queries, definition: NormalForm, sets: CohortSets): Fragment {
  if ('includes' in definition) {
    const setId = sets.get(definition.includes) ?? null;
    return setId === null
      ? sql`select ''::text collate "C" as member where false`
      : sql`select member from ${sql(setTable(setId))}`;
  }
  if ('any' in definition) {
    return definition.any
      .map((part) => sql`(${selectNormalForm(sql, part, sets)})`)
      .reduce((left, right) => sql`${left} union ${right}`);
  }
  const all = 'all' in definition ? definition.all : [];
  const base = all.find((part) => 'includes' in part) ?? all.find(isBounded);
  if (!base) throw new Error('a definition that holds for users outside of its cohorts cannot be selected');
  const rest = all.filter((part) => part !== base);
  if (rest.length === 0) return selectNormalForm(sql, base, sets);
  const conditions = rest
    .map((part) => {
      const within = (bounded: NormalForm): Fragment =>
        sql`exists (select from (${selectNormalForm(sql, bounded, sets)}) o where o.member = b.member)`;
      return isBounded(part) ? within(part) : sql`not ${within(negationNormalForm(part, false))}`;
    })
    .reduce((left, right) => sql`${left} and ${right}`);
  return sql`select b.member from (${selectNormalForm(sql, base, sets)}) b where ${conditions}`;
}
