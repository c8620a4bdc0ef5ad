import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, QuestionRefused, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import type { NotConfirmed } from '../admin/problem.js';
import { cohortColumns, cohortNotFound, cohortViewOf, type CohortNotFound, type CohortRow, type CohortView } from './cohortView.js';
import { schedules, type Schedule } from './freshness.js';
import { readSets, setTable } from './memberSet.js';

type Deps = Pick<Admin, 'sql' | 'connectors'>;

export interface CohortFilter {
  readonly partner?: string | undefined;
  /** Part of the name, or of the partner's id, in any case. */
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
export async function listCohorts(admin: Deps, { first, after }: PageRequest, filter: CohortFilter = {}): Promise<Page<CohortView>> {
  checkFirst(first);
  const { sql } = admin;
  const [cursor] = readCursor(after, 1) ?? [];
  const text = filter.text?.replaceAll('\0', '\uFFFD') ?? null;
  const rows = await sql<CohortRow[]>`
    select ${cohortColumns(admin)} from cohort c
    where (c.deleted_at is not null) = ${filter.deleted ?? false}
      and (${filter.partner ?? null}::text is null or c.partner = ${filter.partner?.replaceAll('\0', '\uFFFD') ?? null})
      and (${text}::text is null or position(lower(${text}) in lower(c.name)) > 0 or position(lower(${text}) in lower(c.partner_id)) > 0)
      and (${cursor ?? null}::bigint is null or c.id < ${cursor ?? null}::bigint)
    order by c.id desc limit ${first + 1}`;
  return pageOf(rows.map((row) => cohortViewOf(admin, row)), first, ({ id }) => writeCursor(id));
}

/** A cohort, in whatever state; deleted ones can still be looked at. */
export async function getCohort(admin: Deps, id: string): Promise<CohortView | CohortNotFound> {
  const row = await findCohort(admin, id);
  return row ? cohortViewOf(admin, row) : cohortNotFound(id);
}

export async function findCohort(admin: Pick<Admin, 'sql'>, id: string): Promise<CohortRow | undefined> {
  const [row] = await admin.sql<CohortRow[]>`select ${cohortColumns(admin)} from cohort c where c.id = ${rowId(id) ?? 0}`;
  return row;
}

/** States how often the partner syncs the cohort; undefined takes it back. Changes nothing at the partner. */
export async function setCohortSchedule(admin: Deps, id: string, schedule: Schedule | undefined): Promise<CohortView | CohortNotFound> {
  if (schedule !== undefined && !schedules.includes(schedule)) {
    throw new QuestionRefused(`schedule: wanted ${schedules.join(', ')}; something else came`);
  }
  await admin.sql`update cohort set schedule = ${schedule ?? null} where id = ${rowId(id) ?? 0} and deleted_at is null`;
  return getCohort(admin, id);
}

/**
 * Notes how many members the partner says the cohort has, to be compared with what is held. What has come and gone
 * since is reckoned with.
 */
export async function noteToldMembers(
  admin: Deps,
  id: string,
  told: { readonly members: number; readonly by: 'partner' | 'admin' },
): Promise<CohortView | CohortNotFound> {
  if (!Number.isSafeInteger(told.members) || told.members < 0) {
    throw new QuestionRefused(`members: wanted a whole number from 0 on; ${told.members} came`);
  }
  await admin.sql`
    update cohort set told_members = ${told.members}, told_by = ${told.by}, told_at = now(), told_moved = 0
    where id = ${rowId(id) ?? 0} and deleted_at is null`;
  return getCohort(admin, id);
}

/**
 * Forgets a cohort and its members. What its partner sends of entries and exits is refused from now on; should the
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
    update cohort set deleted_at = now()
    where id = ${row.id} and deleted_at is null and not exists (select from segment_cohort where cohort_id = ${row.id})`;
  if (deleted.count === 1) {
    await sql`update cohort_change set state = 'dropped', members = null where cohort_id = ${row.id} and state = 'waiting'`;
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

/** What one sync did. */
export interface SyncView {
  readonly id: string;
  /** `replace`: the whole membership; `add`, `remove`: one part of a numbered sync; `changes`: entries and exits as they came. */
  readonly syncKind: 'replace' | 'add' | 'remove' | 'changes';
  /** `stalled`: pages are missing, and none has come for a while. `incomplete`: they never came, and it was given up. */
  readonly state: 'receiving' | 'stalled' | 'applied' | 'superseded' | 'incomplete';
  readonly startedAt: Date;
  readonly lastAt: Date;
  readonly finishedAt: Date | undefined;
  readonly pagesReceived: number | undefined;
  readonly pagesExpected: number | undefined;
  /** Members in the pushes, usable or not, as often as they were named. */
  readonly given: number;
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Named by a change that the partner computed before a newer one that was applied already. */
  readonly late: number;
  readonly refused: readonly { readonly code: string; readonly members: number }[];
}

/** Mixpanel repeats a page for a minute, Amplitude for some minutes. */
const stalledMs = 10 * 60_000;

/** The history of a cohort's syncs, the newest first. */
export async function listSyncs({ sql }: Pick<Admin, 'sql'>, cohortId: string, { first, after }: PageRequest): Promise<Page<SyncView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await sql<SyncRow[]>`
    select id, kind, state, started_at, last_at, finished_at, pages_received, pages_expected, given, added, removed, unchanged, late, refused, now() as now
    from cohort_sync
    where cohort_id = ${rowId(cohortId) ?? 0} and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${first + 1}`;
  return pageOf(rows.map(syncViewOf), first, ({ id }) => writeCursor(id));
}

interface SyncRow {
  readonly id: string;
  readonly kind: SyncView['syncKind'];
  readonly state: Exclude<SyncView['state'], 'stalled'>;
  readonly started_at: Date;
  readonly last_at: Date;
  readonly finished_at: Date | null;
  readonly pages_received: number;
  readonly pages_expected: number | null;
  readonly given: string;
  readonly added: string;
  readonly removed: string;
  readonly unchanged: string;
  readonly late: string;
  readonly refused: Readonly<Record<string, number>>;
  readonly now: Date;
}

function syncViewOf(row: SyncRow): SyncView {
  const stalled = row.state === 'receiving' && row.now.getTime() - row.last_at.getTime() > stalledMs;
  return {
    id: row.id,
    syncKind: row.kind,
    state: stalled ? 'stalled' : row.state,
    startedAt: row.started_at,
    lastAt: row.last_at,
    finishedAt: row.finished_at ?? undefined,
    pagesReceived: row.pages_expected === null ? undefined : row.pages_received,
    pagesExpected: row.pages_expected ?? undefined,
    given: Number(row.given),
    added: Number(row.added),
    removed: Number(row.removed),
    unchanged: Number(row.unchanged),
    late: Number(row.late),
    refused: Object.entries(row.refused).map(([code, members]) => ({ code, members })),
  };
}

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
      from cohort c cross join ${row.set_id === null ? sql`(select 0 as e, 0 as d, 0 as a)` : sql`(
        select count(*) filter (where left(member, 1) = 'e') as e, count(*) filter (where left(member, 1) = 'd') as d,
          count(*) filter (where left(member, 1) = 'a') as a from ${sql(setTable(row.set_id))})`} counted
      where c.id = ${row.id} and c.set_id is not distinct from ${row.set_id}::bigint`;
    if (!both) return checkCohort(admin, id);
    const cohort = cohortViewOf(admin, both);
    const counted = { externalIds: Number(both.e), deviceIds: Number(both.d), aliases: Number(both.a) };
    const { sizes } = cohort;
    const balances = counted.externalIds === sizes.externalIds && counted.deviceIds === sizes.deviceIds && counted.aliases === sizes.aliases;
    return { kind: 'CohortChecked', cohort, counted, balances };
  });
}
