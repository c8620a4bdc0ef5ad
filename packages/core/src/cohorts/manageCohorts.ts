import type { Admin } from '../admin/admin.js';
import {
  checkFirst,
  pageOf,
  QuestionRefused,
  readCursor,
  rowId,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import type { NotConfirmed } from '../admin/problem.js';
import { dueBy } from './pullSchedule.js';
import {
  cohortColumns,
  cohortNotFound,
  cohortViewOf,
  type CohortNotFound,
  type CohortRow,
  type CohortView,
} from './cohortView.js';
import { schedules, type Schedule } from './freshness.js';
import { shownNameOf } from './partners.js';

type Deps = Pick<Admin, 'sql' | 'connectors'>;

export interface CohortFilter {
  readonly partner?: string | undefined;
  /** Part of the name as it is shown, or of the partner's id, in any case. */
  readonly text?: string | undefined;
  readonly deleted?: boolean | undefined;
}

/** A segment is made of it. */
export interface CohortInUse {
  readonly kind: 'CohortInUse';
  readonly message: string;
  readonly segmentIds: readonly string[];
}

/** Cohorts, the newest first. */
export async function listCohorts(
  admin: Deps,
  { first, after }: PageRequest,
  filter: CohortFilter = {},
): Promise<Page<CohortView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const ids = await findIds(admin, { wanted: first + 1, below: cursor }, filter);
  const rows = await admin.sql<
    CohortRow[]
  >`select ${cohortColumns(admin)} from cohort c where c.id = any(${ids}::int[]) order by c.id desc`;
  return pageOf(
    rows.map((row) => cohortViewOf(admin, row)),
    { first, after },
    ({ id }) => writeCursor(id),
  );
}

/** Names looked through at a time. */
const step = 2_000;

/** The ids of the first cohorts that fit. What a cohort is called among the hub's only its connector can say, so text is looked for here. */
async function findIds(
  { sql, connectors }: Deps,
  { wanted, below }: { readonly wanted: number; readonly below: string | undefined },
  filter: CohortFilter,
): Promise<readonly number[]> {
  const text = filter.text?.toLowerCase();
  const ids: number[] = [];
  for (let last = below; ;) {
    const rows = await sql<{ id: number; partner: string; partner_id: string; name: string }[]>`
      select id, partner, partner_id, name from cohort
      where (deleted_at is not null) = ${filter.deleted ?? false}
        and (${filter.partner ?? null}::text is null or partner = ${filter.partner?.replaceAll('\0', '\uFFFD') ?? null})
        and (${last ?? null}::bigint is null or id < ${last ?? null}::bigint)
      order by id desc limit ${text === undefined ? wanted : step}`;
    for (const { id, partner, partner_id: partnerId, name } of rows) {
      const words = [partnerId, shownNameOf(connectors, { partner, id: partnerId, name })];
      if (text === undefined || words.some((word) => word.toLowerCase().includes(text))) ids.push(id);
    }
    if (ids.length >= wanted || rows.length < step) return ids.slice(0, wanted);
    last = String(rows.at(-1)?.id);
  }
}

/** A cohort, in whatever state; deleted ones can still be looked at. */
export async function getCohort(admin: Deps, id: string): Promise<CohortView | CohortNotFound> {
  const row = await findCohort(admin, id);
  return row ? cohortViewOf(admin, row) : cohortNotFound(id);
}

export async function findCohort(admin: Pick<Admin, 'sql'>, id: string): Promise<CohortRow | undefined> {
  const [row] = await admin.sql<
    CohortRow[]
  >`select ${cohortColumns(admin)} from cohort c where c.id = ${rowId(id) ?? 0}`;
  return row;
}

/**
 * States how often the cohort syncs; undefined takes it back. Of a cohort that the hub pulls, it decides how often: the
 * next pull comes a period after the last one began, and without a schedule only when somebody asks for it. At a partner
 * that pushes it changes nothing.
 */
export async function setCohortSchedule(
  admin: Deps,
  id: string,
  schedule: Schedule | undefined,
): Promise<CohortView | CohortNotFound> {
  if (schedule !== undefined && !schedules.includes(schedule)) {
    throw new QuestionRefused(`schedule: wanted ${schedules.join(', ')}; something else came`);
  }
  const { sql } = admin;
  await sql`
    with changed as (
      update cohort set schedule = ${schedule ?? null} where id = ${rowId(id) ?? 0} and deleted_at is null returning id, schedule
    )
    update cohort_pull p set due_at = ${dueBy(sql)}
    from changed c where p.cohort_id = c.id and p.run_id is null and (p.failure_recovery is null or p.failure_recovery = 'automatic')`;
  return getCohort(admin, id);
}

/**
 * Notes how many members the partner says the cohort has, to be compared with what is held. What has come and gone
 * since is reckoned with.
 */
export async function reportCohortSize(
  admin: Deps,
  id: string,
  told: { readonly members: number; readonly by: 'partner' | 'admin' },
): Promise<CohortView | CohortNotFound> {
  if (!Number.isSafeInteger(told.members) || told.members < 0) {
    throw new QuestionRefused(`members: wanted a whole number from 0 on; ${told.members} came`);
  }
  await admin.sql`
    update cohort set reported_count = ${told.members}, reported_by = ${told.by}, reported_at = now(), net_change_since_report = 0
    where id = ${rowId(id) ?? 0} and deleted_at is null`;
  return getCohort(admin, id);
}

/**
 * Forgets a cohort and its members, and pulls it no more. What its partner sends of entries and exits is refused from now on; should the
 * partner declare it again or send it whole, it begins anew, under the same ids. Confirmed by giving its name exactly.
 */
export async function deleteCohort(
  admin: Deps,
  id: string,
  confirmName: string,
): Promise<CohortView | CohortNotFound | CohortInUse | NotConfirmed> {
  const { sql } = admin;
  const row = await findCohort(admin, id);
  if (!row || row.deleted_at !== null) return cohortNotFound(id);
  const { name, members } = cohortViewOf(admin, row);
  if (confirmName !== name) {
    const message = `confirmName: wanted the cohort's name, ${JSON.stringify(name)}, to confirm; something else came. It has ${members} members`;
    return { kind: 'NotConfirmed', message };
  }
  const deleted = await sql`
    with deleted as (
      update cohort set deleted_at = now()
      where id = ${row.id} and deleted_at is null and not exists (select from segment_cohort where cohort_id = ${row.id})
      returning id
    ), stopped as (
      delete from cohort_pull p using deleted d where p.cohort_id = d.id
    )
    select from deleted`;
  if (deleted.count === 1) {
    await sql`update cohort_change set state = 'dropped', members = null where cohort_id = ${row.id} and state = 'pending'`;
    return getCohort(admin, id);
  }
  const segments = await sql<{ id: number; name: string }[]>`
    select s.id, s.name from segment_cohort c join segment s on s.id = c.segment_id where c.cohort_id = ${row.id} order by s.id`;
  if (segments.length === 0) return cohortNotFound(id);
  const names = segments.map((segment) => JSON.stringify(segment.name)).join(', ');
  return {
    kind: 'CohortInUse',
    message: `${JSON.stringify(name)} is used by ${names}; change or delete ${segments.length === 1 ? 'this segment' : 'these segments'} first`,
    segmentIds: segments.map((segment) => String(segment.id)),
  };
}
