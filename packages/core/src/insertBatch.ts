import type { Sql } from './db/connect.js';
import { daysAhead } from './db/migrate.js';
import type { NewDelivery } from './fanOut.js';
import { receiptOf, type Submission } from './submission.js';

export interface NewBatch {
  readonly submissions: readonly Submission[];
  readonly events: number;
  readonly content: Buffer;
  readonly deliveries: readonly NewDelivery[];
  readonly version: string;
  readonly shard: number;
}

const uniqueViolation = '23505';
/** A check violation: here, that no partition takes today's rows because nobody made one in time. */
const noPartition = '23514';

/**
 * Stores requests with their batch, deliveries and counts; false when nothing was stored, because the registry has moved
 * on or a request is known. One statement, so one round trip and one commit. `guard` yields no row, and so nothing is stored, when the registry
 * has moved on or a request was stored yesterday; one stored today violates the key of `request`.
 */
export async function insertBatch(sql: Sql, { submissions, events, content, deliveries, version, shard }: NewBatch): Promise<boolean> {
  const hashes = submissions.map(({ hash }) => hash.toString('hex'));
  const accepted = submissions.map(({ types }) => types.length);
  const answers = submissions.map((submission) => (submission.refused.length > 0 ? JSON.stringify(receiptOf(submission).refused) : null));
  const refused = submissions.flatMap(({ refused, tokenId }) => refused.map((event) => ({ ...event, tokenId })));
  try {
    const rows = await sql`
      with guard as (
        select current_date as today from registry
        where version = ${version}
          and not exists (
            select from request
            where stored_on = current_date - 1 and hash in (select decode(h, 'hex') from unnest(${hashes}::text[]) h))
      ), requests as (
        insert into request (hash, stored_on, accepted, refused)
        select decode(r.hash, 'hex'), today, r.accepted, r.refused
        from guard, unnest(${hashes}::text[], ${accepted}::int[], ${answers}::text[]) r (hash, accepted, refused)
        order by r.hash
      ), stored as (
        insert into batch (stored_on, events, content)
        select today, ${events}::int, decode(${content.toString('base64')}, 'base64') from guard where ${events}::int > 0
        returning stored_on, id
      ), fanned as (
        select stored.stored_on, stored.id as batch_id, d.current_id, d.selected, d.outcomes
        from stored, unnest(
          ${deliveries.map(({ currentId }) => currentId)}::int[],
          ${deliveries.map(({ selected }) => selected)}::int[],
          ${deliveries.map(({ outcomes }) => outcomes?.toString('hex') ?? null)}::text[]) d (current_id, selected, outcomes)
      ), delivered as (
        insert into delivery (stored_on, batch_id, current_id, events, pending, outcomes)
        select stored_on, batch_id, current_id, ${events}::int, selected, decode(outcomes, 'hex') from fanned
      ), counted as (
        insert into tally as t (current_id, day, shard, outcome, events)
        select current_id, stored_on, ${shard}::smallint, 'selected', selected from fanned order by current_id
        on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events
      ), parked as (
        insert into quarantine (stored_on, token_id, position, code, detail, body)
        select today, q.token_id, q.position, q.code, q.detail, q.body
        from guard, unnest(
          ${refused.map(({ tokenId }) => tokenId)}::int[],
          ${refused.map(({ position }) => position)}::int[],
          ${refused.map(({ code }) => code)}::text[],
          ${refused.map(({ detail }) => storable(detail))}::text[],
          ${refused.map(({ raw }) => storable(raw))}::text[]) q (token_id, position, code, detail, body)
      )
      select 1 as stored from guard`;
    return rows.length > 0;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === uniqueViolation) return false;
    if (error.code !== noPartition) throw error;
    await sql`select ensure_partitions(${daysAhead}::int)`;
    return false;
  }
}

/** Postgres takes no NUL in text. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
