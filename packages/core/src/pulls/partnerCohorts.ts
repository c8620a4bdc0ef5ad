import type { PartnerCohort } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import {
  checkFirst,
  pageOf,
  readCursor,
  rowId,
  withNodes,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { shownWords } from '../currents/redactAnswer.js';
import { accountOf, lockAccount, recordUse, exhaustedBudget } from './pullBudget.js';
import { openSource, type PullSourceProblem, type PullSource } from './pullSource.js';

/** A cohort as its partner lists it. */
export interface PartnerCohortView {
  readonly partnerId: string;
  readonly name: string;
  readonly description: string | undefined;
  /** Members, as the partner counts them. */
  readonly size: number | undefined;
  readonly createdAt: Date | undefined;
  readonly computedAt: Date | undefined;
  /** The hub's own id of it, when it is mirrored here, by push or pull. */
  readonly cohortId: string | undefined;
  readonly pulled: boolean;
}

export interface PartnerCohortPage extends Page<PartnerCohortView> {
  readonly kind: 'PartnerCohortPage';
  readonly listedAt: Date | undefined;
  /** What an admin has to know before following one. */
  readonly advice: string;
}

/** The partner says no, until a person has repaired the Current. */
export interface PartnerRefused {
  readonly kind: 'PartnerRefused';
  readonly message: string;
  readonly reason: string;
}

/** The partner could not be asked, or did not answer: ask again later. */
export interface PartnerUnanswered {
  readonly kind: 'PartnerUnanswered';
  readonly message: string;
  readonly reason: string;
  /** When to ask again, where that is known. */
  readonly retryAfterMs: number | undefined;
}

export type ListingProblem = PartnerRefused | PartnerUnanswered;

/** A partner takes few questions, and a list of its cohorts is the same a moment later. */
const listMaxAgeMs = 60_000;

/**
 * The cohorts that a Current's partner has, in the order in which the hub came to know them. Asks the partner when the
 * first page is asked for and the last list is older than a minute.
 */
export async function listPartnerCohorts(
  admin: Admin,
  currentId: string,
  { first, after }: PageRequest,
  { text }: { readonly text?: string | undefined } = {},
): Promise<PartnerCohortPage | ListingProblem | PullSourceProblem> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const source = await openSource(admin, currentId);
  if ('kind' in source) return source;
  const { sql } = admin;
  const id = rowId(currentId) ?? 0;
  const [list] = await sql<[{ fresh: boolean }]>`
    select coalesce(max(listed_at) > now() - ${listMaxAgeMs}::float8 * interval '1 millisecond', false) as fresh from partner_cohort where current_id = ${id}`;
  if (cursor === undefined && !list.fresh) {
    const problem = await fetchPartnerCohorts(admin, source);
    if (problem) return problem;
  }
  const part = text?.replaceAll('\0', '\uFFFD') ?? null;
  const rows = await sql<Row[]>`
    select l.*, c.id as cohort_id, p.cohort_id is not null as pulled
    from partner_cohort l
      left join cohort c on c.partner = ${source.working.connector.name} and c.partner_id = l.partner_id and c.deleted_at is null
      left join cohort_pull p on p.cohort_id = c.id
    where l.current_id = ${id} and (${cursor ?? null}::bigint is null or l.id > ${cursor ?? null}::bigint)
      and (${part}::text is null or position(lower(${part}) in lower(l.name)) > 0 or position(lower(${part}) in lower(l.partner_id)) > 0)
    order by l.id limit ${first + 1}`;
  const page = pageOf(rows, { first, after }, ({ id: row }) => writeCursor(row));
  return {
    kind: 'PartnerCohortPage',
    ...withNodes(page, page.nodes.map(partnerCohortViewOf)),
    listedAt: page.nodes[0]?.listed_at,
    advice: source.pull.description,
  };
}

/** Asks the partner, and keeps its answer. What is kept stays as it is when there is none. */
export async function fetchPartnerCohorts(
  admin: Admin,
  { working, pull }: PullSource,
): Promise<ListingProblem | undefined> {
  const { connector, settings, credentials, currentId } = working;
  const shown = shownWords(connector, credentials);
  const spent = await countRequest(admin, { working, pull });
  if (spent !== undefined) {
    const message = `${connector.label} takes no more questions for now; the pulls that are under way have had them`;
    return { kind: 'PartnerUnanswered', message, reason: 'budget_spent', retryAfterMs: spent };
  }
  let list;
  try {
    list = await pull.list({ settings, credentials, http: admin.http });
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return {
      kind: 'PartnerUnanswered',
      message: `the connector failed: ${name}`,
      reason: 'list_threw',
      retryAfterMs: undefined,
    };
  }
  if (list.outcome === 'listed') {
    await storeList(admin, currentId, list.cohorts);
    return undefined;
  }
  const message = shown(list.detail);
  if (list.outcome === 'failed' && list.recovery === 'manual')
    return { kind: 'PartnerRefused', message, reason: list.code };
  return {
    kind: 'PartnerUnanswered',
    message,
    reason: list.code,
    retryAfterMs: list.outcome === 'deferred' ? list.afterMs : undefined,
  };
}

/** A list is a request as a step is, so it counts as one. Answers for how long there is none left. */
async function countRequest(
  { sql, seal }: Admin,
  { working, pull: { limits } }: PullSource,
): Promise<number | undefined> {
  const account = accountOf(seal, working);
  return sql.begin(async (tx) => {
    const used = await lockAccount(tx, account);
    const spent = exhaustedBudget(used, ['steps'], limits.budgets);
    if (spent) return spent.freeAtMs - used.nowMs;
    await recordUse(tx, account, used, ['steps'], limits.budgets);
    return undefined;
  });
}

async function storeList({ sql }: Admin, currentId: number, cohorts: readonly PartnerCohort[]): Promise<void> {
  const rows = cohorts.map(({ id, name, description, size, createdAtMs, computedAtMs }) => ({
    id,
    name,
    description,
    size,
    created: createdAtMs,
    computed: computedAtMs,
  }));
  await sql`
    with given as (
      select distinct on (id) * from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as g (id text, name text, description text, size float8, created float8, computed float8)
    ), gone as (
      delete from partner_cohort where current_id = ${currentId} and partner_id not in (select id from given)
    )
    insert into partner_cohort (current_id, partner_id, name, description, size, partner_created_at, computed_at)
    select ${currentId}, id, coalesce(name, id), description, size::bigint, to_timestamp(created / 1000), to_timestamp(computed / 1000) from given
    on conflict (current_id, partner_id) do update set
      name = excluded.name, description = excluded.description, size = excluded.size, partner_created_at = excluded.partner_created_at,
      computed_at = excluded.computed_at, listed_at = now()`;
}

interface Row {
  readonly id: string;
  readonly partner_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly size: string | null;
  readonly partner_created_at: Date | null;
  readonly computed_at: Date | null;
  readonly listed_at: Date;
  readonly cohort_id: number | null;
  readonly pulled: boolean;
}

function partnerCohortViewOf(row: Row): PartnerCohortView {
  return {
    partnerId: row.partner_id,
    name: row.name,
    description: row.description ?? undefined,
    size: row.size === null ? undefined : Number(row.size),
    createdAt: row.partner_created_at ?? undefined,
    computedAt: row.computed_at ?? undefined,
    cohortId: row.cohort_id === null ? undefined : String(row.cohort_id),
    pulled: row.pulled,
  };
}
