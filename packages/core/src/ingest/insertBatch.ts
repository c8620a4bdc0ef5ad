import { daysAhead } from '../db/migrate.js';
import { maxStoredSpans } from '../tracing/tracing.js';
import type { Writer } from '../db/writer.js';
import type { QuarantineRow } from '../quarantine/quarantineRows.js';
import type { NewDelivery } from './fanOut.js';
import { receiptOf, type IngestRequest } from './ingestRequest.js';
import type { CountEntry } from './receivedCounts.js';

interface NewBatch {
  readonly requests: readonly IngestRequest[];
  readonly events: number;
  readonly content: Buffer;
  /** Of the ids of its events, as `packFingerprints` writes them. */
  readonly fingerprints: Buffer;
  readonly deliveries: readonly NewDelivery[];
  readonly quarantine: readonly QuarantineRow[];
  readonly version: string;
  readonly shard: number;
  readonly counts: CountEntry;
}

const uniqueViolation = '23505';
/** A check violation: here, that there is no partition for today's rows. */
const noPartition = '23514';

/**
 * Stores requests with their batch, deliveries, counts and quarantined events. Returns false when nothing was stored,
 * because the registry has a newer version or a request is a repeat.
 */
export async function insertBatch(
  writer: Writer,
  { requests, events, content, fingerprints, deliveries, quarantine, version, shard, counts }: NewBatch,
): Promise<boolean> {
  const values = [
    version,
    shard,
    events,
    content,
    requests.map(({ hash }) => hash.toString('hex')),
    requests.map(({ types }) => types.length),
    requests.map((request) => (request.refused.length > 0 ? JSON.stringify(receiptOf(request).refused) : null)),
    deliveries.map(({ currentId }) => currentId),
    deliveries.map(({ selected }) => selected),
    deliveries.map(({ outcomes }) => outcomes?.toString('hex') ?? null),
    requests.map(({ refused }) => refused.length),
    JSON.stringify(counts),
    tokenIdsOf(requests),
    fingerprints,
    spansOf(requests),
  ];
  try {
    const statement = quarantine.length === 0 ? insert : insertWithQuarantine;
    const rows = await writer.run({ ...statement, values: [...values, ...statement.valuesOf(quarantine)] });
    return rows.length > 0;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === uniqueViolation) return false;
    if (error.code !== noPartition) throw error;
    await writer.run({ name: 'partitions', text: 'select ensure_partitions($1::int)', values: [daysAhead] });
    return false;
  }
}

/** Of the sampled requests, for links from attempts; null for most batches. */
function spansOf(requests: readonly IngestRequest[]): Buffer | null {
  const positions: Buffer[] = [];
  for (const { trace, types } of requests)
    if (trace && types.length > 0 && positions.length < maxStoredSpans) positions.push(trace.position);
  return positions.length > 0 ? Buffer.concat(positions) : null;
}

/** The token of each request; a single one if all have the same. */
function tokenIdsOf(requests: readonly IngestRequest[]): readonly number[] {
  const first = requests[0]?.tokenId as number;
  return requests.every(({ tokenId }) => tokenId === first) ? [first] : requests.map(({ tokenId }) => tokenId);
}

function quarantineValues(quarantine: readonly QuarantineRow[]): unknown[] {
  return [
    quarantine.map(({ tokenId }) => tokenId),
    quarantine.map(({ positions }) => positions.toString('hex')),
    quarantine.map(({ codes }) => arrayText(codes)),
    quarantine.map(({ codeIndexes }) => codeIndexes.toString('hex')),
    quarantine.map(({ eventCounts }) => arrayText(eventCounts)),
    quarantine.map((row) => row.content?.length ?? null),
    Buffer.concat(quarantine.map((row) => row.content ?? Buffer.alloc(0))),
    quarantine.map((row) => row.fingerprints.toString('hex')),
    quarantine.map(({ eventTypes }) => arrayText(eventTypes.map((type) => `"${type}"`))),
  ];
}

/** The parts for quarantined events, which most batches do not have: to set them up costs Postgres as much as a row. */
const quarantineParts = `, refused as (
    select *, sum(length) over (order by place) - length as start, nextval('quarantine_batch_id') as id
    from unnest($16::int[], $17::text[], $18::text[], $19::text[], $20::text[], $21::int[], $23::text[],
      $24::text[])
      with ordinality q (token_id, positions, codes, code_indexes, event_counts, length, fingerprints, event_types, place)
  ), quarantined as (
    insert into quarantine_batch
      (stored_on, id, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts,
      is_indexed, content, event_types)
    select today, id, token_id, length(decode(code_indexes, 'hex')), decode(positions, 'hex'), codes::text[],
      decode(code_indexes, 'hex'), event_counts::int[], array_fill(0, array[cardinality(codes::text[])]),
      array_fill(0, array[cardinality(codes::text[])]), true, substring($22::bytea from start::int + 1 for length),
      event_types::text[]
    from guard, refused order by place
  ), refused_indexed as (
    insert into unmerged_fingerprints (stored_on, source, row_id, fingerprints)
    select today, 'quarantine', id, decode(fingerprints, 'hex') from guard, refused where fingerprints <> ''
  ), used as (
    insert into quarantine_usage as u (stored_on, token_id, shard, bytes)
    select today, token_id, $2::smallint, sum(length) from guard, refused where length is not null
    group by today, token_id order by token_id
    on conflict (stored_on, token_id, shard) do update set bytes = u.bytes + excluded.bytes
  )`;

/**
 * One statement, so one round trip and one commit. `guard` yields no row, and so nothing is stored, when the registry
 * has a newer version or a request was stored yesterday; one stored today violates the key of `request`.
 */
const textWith = (more: string): string => `
  with guard as (
    select current_date as today from route_table
    where version = $1
      and not exists (
        select from request
        where stored_on = current_date - 1 and hash in (select decode(h, 'hex') from unnest($5::text[]) h))
  ), requests as (
    insert into request (hash, stored_on, accepted, refused, quarantined)
    select decode(r.hash, 'hex'), today, r.accepted, r.refused, r.quarantined
    from guard, unnest($5::text[], $6::int[], $7::text[], $11::int[]) r (hash, accepted, refused, quarantined)
    order by r.hash
  ), stored as (
    insert into batch (stored_on, events, content, token_ids, request_events)
    select today, $3::int, $4::bytea, $13::int[], $6::int[] from guard where $3::int > 0
    returning stored_on, id
  ), indexed as (
    insert into unmerged_fingerprints (stored_on, source, row_id, fingerprints)
    select stored_on, 'batch', id, $14::bytea from stored
  ), fanned as (
    select stored.stored_on, stored.id as batch_id, d.current_id, d.selected, d.outcomes
    from stored, unnest($8::int[], $9::int[], $10::text[]) d (current_id, selected, outcomes)
  ), delivered as (
    insert into delivery (stored_on, batch_id, current_id, events, pending, outcomes, trace_spans)
    select stored_on, batch_id, current_id, $3::int, selected, decode(outcomes, 'hex'), $15::bytea from fanned
  ), counted as (
    insert into tally as t (current_id, day, shard, outcome, events)
    select current_id, stored_on, $2::smallint, 'selected', selected from fanned order by current_id
    on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events
  ), counted_events as (
    insert into count_entry (counts) select $12::json from guard
  )${more}
  select 1 as stored from guard`;

const insert = { name: 'batch', text: textWith(''), valuesOf: () => [] };
const insertWithQuarantine = {
  name: 'batch_with_quarantine',
  text: textWith(quarantineParts),
  valuesOf: quarantineValues,
};

/** An array of numbers, or of words that need no quotes or have them. */
function arrayText(values: readonly (number | string)[]): string {
  return `{${values.join(',')}}`;
}
