import { createHash } from 'node:crypto';
import type { ParsedPush, PushResult } from '@currents/connector';
import type { Sql } from '../db/connect.js';
import { changeFault, rowsOf, type ChangeRow } from './changeRows.js';

/** A push of a partner, parsed and authenticated by a data import key; or a page that the hub pulled. */
export interface NewPush {
  readonly partner: string;
  /** The key's id, which is checked again as the push is stored. Null for a page that the hub pulled. */
  readonly keyId: number | null;
  /** The step of the pull that fetched it. If another step has taken over, nothing is stored. */
  readonly lease?: string;
  /** The raw body, by which repeated pages are detected. */
  readonly body: string;
  readonly parsed: Extract<ParsedPush, { readonly changes: unknown }>;
}

export type PushStored = Extract<
  PushResult,
  { readonly outcome: 'stored' | 'repeated' | 'unreadable' | 'unauthorised' | 'unknown_cohort' }
>;

export interface StorePushDeps {
  readonly sql: Sql;
  /** Called after the commit with the cohorts that have changes to apply. */
  readonly onStored: (cohortIds: readonly number[]) => void;
}

/**
 * Stores a push, to be applied in order. Resolves after the commit (stored before acknowledged). A repeated push is
 * stored once. Rejects if the commit failed; the push can then be sent again.
 */
export async function storePush({ sql, onStored }: StorePushDeps, push: NewPush): Promise<PushStored> {
  const { changes, refused } = push.parsed;
  if (changes.length === 0) return { outcome: 'stored', cohorts: [] };
  const fault = changes.map(changeFault).find((found) => found !== undefined);
  if (fault !== undefined) return { outcome: 'unreadable', detail: fault };
  const rows = rowsOf(push.partner, changes, refused);
  const hash = hashOf(push);
  for (let tries = 1; ; tries++) {
    const answer = await insertPush(sql, push, rows, hash);
    if (!answer.authorised) return { outcome: 'unauthorised', detail: 'this data import key has been revoked' };
    const unknown = rows.find(
      ({ ref, listed }) => !answer.cohorts.some((known) => known.ref === ref && known.listed === listed),
    );
    if (!unknown) {
      if (answer.stored > 0) onStored(answer.cohorts.map(({ id }) => id));
      const cohorts = answer.cohorts.map(({ partner_id, list_id }) => ({ id: partner_id, listId: list_id }));
      return { outcome: answer.stored > 0 ? 'stored' : 'repeated', cohorts };
    }
    // A cohort with a name is created; it is missing only if another push has just created it.
    if (unknown.listed || unknown.name === undefined || tries === 5) {
      const what = unknown.listed ? 'list' : 'cohort';
      return {
        outcome: 'unknown_cohort',
        detail: `there is no ${what} ${JSON.stringify(unknown.ref.slice(0, 80))}; create it first`,
      };
    }
  }
}

/**
 * The hash that identifies a repeated push: of the deduplication key, or of the body of a page, because a session has
 * each page once. Null for other pushes: the same body may be meant twice, as in add, remove, add.
 */
function hashOf({ partner, body, parsed: { changes, dedupeKey } }: NewPush): Buffer | null {
  if (dedupeKey !== undefined) return createHash('sha256').update(`key\0${partner}\0${dedupeKey}`).digest();
  if (!changes.every((change) => 'session' in change && change.session !== undefined)) return null;
  return createHash('sha256').update(`page\0${partner}\0`).update(body).digest();
}

interface Answer {
  readonly authorised: boolean;
  readonly stored: number;
  readonly cohorts: readonly {
    readonly ref: string;
    readonly listed: boolean;
    readonly id: number;
    readonly partner_id: string;
    readonly list_id: string;
  }[];
}

/** So far a partner's clock may be ahead, in seconds. What was computed later than that is taken as if it had no time. */
const maxAheadSeconds = 24 * 3600;

/**
 * One statement, so one round trip and one commit. Nothing is stored unless the key is valid now and every cohort is
 * known. Rows of cohorts are read or inserted, never updated, so that it does not wait for workers. A deleted cohort
 * is known only to a declaration or a full sync.
 */
async function insertPush(
  sql: Sql,
  { partner, keyId, ...push }: NewPush,
  rows: readonly ChangeRow[],
  hash: Buffer | null,
): Promise<Answer> {
  const lease = push.lease ?? null;
  const [answer] = await sql<[Answer]>`
    with given as (
      select * from json_to_recordset(${JSON.stringify(rows)}::text::json) as g (
        position int, ref text, listed boolean, list_id text, kind text, name text, description text, created_at_ms float8,
        session text, page int, pages int, computed_at_ms bigint, members text[], received_count int, refused jsonb)
    ), holder as (
      -- Locked, so that another step takes over only after this.
      select from cohort_pull where lease = ${lease}::bigint for share
    ), key as (
      select null::int as id where ${keyId}::int is null and ${lease}::bigint is null
      union all
      select null from holder
      union all
      select id from import_key
      where id = ${keyId}::int and partner = ${partner} and (revoked_at is null or revoked_at > clock_timestamp())
    ), refs as (
      select ref, listed, min(list_id) as list_id, max(name) as name, bool_or(kind in ('declare', 'replace')) as whole
      from given group by ref, listed
    ), known as (
      select r.ref, r.listed, c.id, c.partner_id, c.list_id from refs r join cohort c on c.partner = ${partner} and c.partner_id = r.ref
      where not r.listed and (c.deleted_at is null or r.whole)
      union all
      select r.ref, r.listed, c.id, c.partner_id, c.list_id from refs r join cohort c on c.partner = ${partner} and c.list_id = r.ref
      where r.listed and (c.deleted_at is null or r.whole)
    ), made as (
      insert into cohort (partner, partner_id, list_id, name)
      select ${partner}, r.ref, r.list_id, r.name from refs r, key
      where r.name is not null and not r.listed
        and not exists (select from cohort c where c.partner = ${partner} and c.partner_id = r.ref)
      on conflict do nothing
      returning partner_id as ref, false as listed, id, partner_id, list_id
    ), resolved as (
      select * from known union all select * from made
    ), complete as (
      select id as key_id from key where (select count(*) from resolved) = (select count(*) from refs)
    ), stored as (
      insert into cohort_change (
        cohort_id, key_id, hash, position, kind, name, description, partner_created_at,
        session, page, pages, computed_at_ms, members, received_count, refused)
      select r.id, c.key_id, ${hash}::bytea, g.position, g.kind, g.name, g.description, to_timestamp(g.created_at_ms / 1000),
        g.session, g.page, g.pages,
        -- A time in another unit would make all later changes of a member late, for ever.
        case when g.computed_at_ms <= (extract(epoch from now()) + ${maxAheadSeconds}::int) * 1000 then g.computed_at_ms end,
        g.members, g.received_count, nullif(g.refused, '{}')
      from complete c, given g join resolved r on r.ref = g.ref and r.listed = g.listed
      order by g.position
      on conflict (cohort_id, hash, position) do nothing
      returning 1
    )
    select
      exists (select from key) as authorised,
      (select count(*)::int from stored) as stored,
      coalesce((select json_agg(resolved) from resolved), '[]') as cohorts`;
  return answer;
}
