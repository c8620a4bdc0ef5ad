import { and, eq, getTableColumns, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { PartnerCohort } from '@currents/connector';
import type { Admin, Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { containsText, rowId, type Page, type PageRequest } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import { idFault, storableCount, storableInstant, storableText } from '../cohorts/changeRows.js';
import { shownWords } from '../currents/redactAnswer.js';
import { cohort, cohortPull, partnerCohort } from '../db/schema.js';
import { accountOf, exhaustedBudget, lockAccount, recordUse } from './pullBudget.js';
import { openSource, type PullSource, type PullSourceProblem } from './pullSource.js';

/** A cohort as its partner lists it. */
export type PartnerCohortView = Readonly<ReturnType<typeof viewOf>>;

export interface PartnerCohortPage extends Page<PartnerCohortView> {
  readonly kind: 'PartnerCohortConnection';
  readonly listedAt: Date | undefined;
  /** What an admin has to know before pulling a cohort. */
  readonly advice: string;
}

/** The partner refuses until the Current is repaired. */
export type PartnerRefused = Problem<'PartnerRefused', { reason: string }>;

/**
 * The partner could not be asked or did not answer; a later attempt may succeed. It says in how many milliseconds,
 * where that is known.
 */
export type PartnerUnavailable = Problem<'PartnerUnavailable', { reason: string; retryAfterMs: number | undefined }>;

export type ListingProblem = PartnerRefused | PartnerUnavailable;

/** A list that is younger than this is not fetched again: partners limit requests. */
const listMaxAgeMs = 60_000;

/**
 * The cohorts of a Current's partner, in the order in which the hub first saw them. Asks the partner when the first page
 * is requested and the last list is older than a minute.
 */
export async function listPartnerCohorts(
  admin: Admin,
  currentId: string,
  page: PageRequest,
  { search }: { readonly search?: string | undefined } = {},
): Promise<PartnerCohortPage | ListingProblem | PullSourceProblem> {
  const source = await openSource(admin, currentId);
  if ('kind' in source) return source;
  const { db } = admin;
  const isOfCurrent = eq(partnerCohort.currentId, rowId(currentId) ?? 0);
  if (page.after === undefined) {
    const isRecent = gt(partnerCohort.listedAt, sql`now() - ${listMaxAgeMs}::float8 * interval '1 millisecond'`);
    const [recent] = await db
      .select({ id: partnerCohort.id })
      .from(partnerCohort)
      .where(and(isOfCurrent, isRecent))
      .limit(1);
    const problem = recent ? undefined : await fetchPartnerCohorts(admin, source);
    if (problem) return problem;
  }
  const isFound =
    search === undefined
      ? undefined
      : or(containsText(partnerCohort.name, search), containsText(partnerCohort.partnerId, search));
  const listed = await collection({
    select: () => selectListed(admin, source.working.connector.name),
    id: partnerCohort.id,
    isVisible: isOfCurrent,
    order: 'oldest first',
    viewOf,
  }).list(admin, page, isFound);
  const listedAt = listed.nodes[0]?.listedAt;
  return { ...listed, kind: 'PartnerCohortConnection', listedAt, advice: source.pull.description };
}

function selectListed({ db }: Db, partner: string) {
  const isMirror = and(
    eq(cohort.partner, partner),
    eq(cohort.partnerId, partnerCohort.partnerId),
    isNull(cohort.deletedAt),
  );
  return db
    .select({
      ...getTableColumns(partnerCohort),
      cohortId: sql<number | null>`${cohort.id}`,
      isPulled: sql<boolean>`${isNotNull(cohortPull.cohortId)}`,
    })
    .from(partnerCohort)
    .leftJoin(cohort, isMirror)
    .leftJoin(cohortPull, eq(cohortPull.cohortId, cohort.id))
    .$dynamic();
}

function viewOf(row: Awaited<ReturnType<typeof selectListed>>[number]) {
  return {
    partnerId: row.partnerId,
    name: row.name,
    description: row.description ?? undefined,
    /** The partner's own count. */
    memberCount: row.size ?? undefined,
    createdAt: row.partnerCreatedAt ?? undefined,
    computedAt: row.computedAt ?? undefined,
    /** The hub's id of the cohort, if it is mirrored here, by push or pull. */
    cohortId: row.cohortId === null ? undefined : String(row.cohortId),
    isPulled: row.isPulled,
    listedAt: row.listedAt,
  };
}

/** Asks the partner and stores its list. Without an answer, the stored list stays as it is. */
export async function fetchPartnerCohorts(
  admin: Admin,
  { working, pull }: PullSource,
): Promise<ListingProblem | undefined> {
  const { connector, settings, credentials, currentId } = working;
  const shown = shownWords(connector, credentials);
  const unavailable = (message: string, reason: string, retryAfterMs?: number): PartnerUnavailable => ({
    kind: 'PartnerUnavailable',
    message,
    reason,
    retryAfterMs,
  });
  const waitMs = await countRequest(admin, { working, pull });
  const used = `the request limit of ${connector.label} is used up by pulls; try again later`;
  if (waitMs !== undefined) return unavailable(used, 'budget_spent', waitMs);
  let list;
  try {
    list = await pull.list({ settings, credentials, http: admin.http });
  } catch (error) {
    return unavailable(`the connector failed: ${error instanceof Error ? error.name : typeof error}`, 'list_threw');
  }
  if (list.outcome === 'listed') {
    await storeList(admin, currentId, list.cohorts);
    return undefined;
  }
  const message = shown(list.detail);
  if (list.outcome === 'failed' && list.recovery === 'manual')
    return { kind: 'PartnerRefused', message, reason: list.code };
  return unavailable(message, list.code, list.outcome === 'deferred' ? list.afterMs : undefined);
}

/** Counts a list as one step of the partner's limits. Returns how many milliseconds to wait if none is left. */
async function countRequest(
  { sql: raw, seal }: Admin,
  { working, pull: { limits } }: PullSource,
): Promise<number | undefined> {
  const account = accountOf(seal, working);
  return raw.begin(async (tx) => {
    const used = await lockAccount(tx, account);
    const spent = exhaustedBudget(used, ['steps'], limits.budgets);
    if (spent) return spent.freeAtMs - used.nowMs;
    await recordUse(tx, account, used, ['steps'], limits.budgets);
    return undefined;
  });
}

/**
 * A cohort of a list without what cannot be stored, so that one odd cohort does not fail the list; nothing when its id
 * cannot. Undefined properties are absent from its JSON, and so null.
 */
function storableCohort(cohort: PartnerCohort) {
  const { id, size } = cohort;
  if (idFault(id) !== undefined) return [];
  return [
    {
      id,
      name: storableText(cohort.name) ?? id,
      description: storableText(cohort.description),
      size: storableCount(size),
      createdAtMs: storableInstant(cohort.createdAtMs),
      computedAtMs: storableInstant(cohort.computedAtMs),
    },
  ];
}

/** In one statement and one parameter, because a partner may list more cohorts than a statement may have parameters. */
async function storeList({ sql: raw }: Admin, currentId: number, cohorts: readonly PartnerCohort[]): Promise<void> {
  const given = JSON.stringify(cohorts.flatMap(storableCohort));
  await raw`
    with listed as (
      select distinct on (id) * from json_to_recordset(${given}::text::json)
        as l (id text, name text, description text, size float8, "createdAtMs" float8, "computedAtMs" float8)
    ), gone as (
      delete from partner_cohort where current_id = ${currentId} and partner_id not in (select id from listed)
    )
    insert into partner_cohort (current_id, partner_id, name, description, size, partner_created_at, computed_at)
    select ${currentId}, id, coalesce(name, id), description, size::bigint, to_timestamp("createdAtMs" / 1000), to_timestamp("computedAtMs" / 1000)
    from listed
    on conflict (current_id, partner_id) do update set
      name = excluded.name, description = excluded.description, size = excluded.size,
      partner_created_at = excluded.partner_created_at, computed_at = excluded.computed_at, listed_at = now()`;
}
