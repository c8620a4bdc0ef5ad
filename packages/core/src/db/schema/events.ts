import { sql } from 'drizzle-orm';
import { index, pgSequence, pgTable, primaryKey } from 'drizzle-orm/pg-core';
import { bytes, count64, id64, instant, nextId, oneOf, owner, partial } from './columns.js';

/**
 * Events on their way, from a request to its outcomes. `batch`, `delivery`, `dead_letter`, `quarantine_batch`,
 * `request` and the fingerprints are partitioned by `stored_on`, the UTC day; their ids come from sequences, because a partitioned table has no
 * identity.
 */

export const batchId = pgSequence('batch_id');
export const deliveryId = pgSequence('delivery_id');
export const deadLetterId = pgSequence('dead_letter_id');
export const quarantineBatchId = pgSequence('quarantine_batch_id');
export const fingerprintBlockId = pgSequence('fingerprint_block_id');

export const batch = pgTable(
  'batch',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('batch_id')),
    storedAt: instant('stored_at').notNull().defaultNow(),
    events: t.integer('events').notNull(),
    content: bytes('content').notNull(),
    tokenIds: t.integer('token_ids').array(),
    requestEvents: t.integer('request_events').array(),
  }),
  (table) => [primaryKey({ columns: [table.storedOn, table.id] })],
);

/** `outcomes` holds a byte for each event of the batch; null while every event is selected and pending. */
export const delivery = pgTable(
  'delivery',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('delivery_id')),
    batchId: id64('batch_id').notNull(),
    currentId: t.integer('current_id').notNull(),
    storedAt: instant('stored_at').notNull().defaultNow(),
    replay: t.boolean('replay').notNull().default(false),
    /** The job that replays events by their time; its deliveries come after live ones. */
    replayId: t.integer('replay_id'),
    events: t.integer('events').notNull(),
    pending: t.integer('pending').notNull(),
    outcomes: bytes('outcomes'),
    skipReasons: t.text('skip_reasons').array(),
    deferred: t.jsonb('deferred'),
    attempts: t.integer('attempts').notNull().default(0),
    dueAt: instant('due_at').notNull().defaultNow(),
    lease: id64('lease'),
    firstRecordedAt: instant('first_recorded_at'),
    lastRecordedAt: instant('last_recorded_at'),
    traceSpans: bytes('trace_spans'),
  }),
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    partial(index('delivery_due').on(table.currentId, table.dueAt), sql`${table.pending} > 0`),
    partial(index('delivery_deferred').on(table.currentId), sql`${table.deferred} is not null`),
    partial(
      index('delivery_replay').on(table.currentId, table.dueAt),
      sql`${table.replayId} is not null and ${table.pending} > 0`,
    ),
    // Of a batch the deliveries are stored with it, so their ids rise with it: a few bytes for hundreds of rows.
    index('delivery_batch').using('brin', table.batchId).with({ pages_per_range: 32 }),
  ],
);

export type DeadOutcome = (typeof deadLetter.$inferSelect)['outcome'];

export const deadLetter = pgTable(
  'dead_letter',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('dead_letter_id')),
    currentId: t.integer('current_id').notNull(),
    batchId: id64('batch_id').notNull(),
    deliveryId: id64('delivery_id').notNull(),
    outcome: oneOf('outcome', ['rejected', 'expired']).notNull(),
    code: t.text('code').notNull(),
    detail: t.text('detail').notNull(),
    attempts: t.integer('attempts').notNull(),
    positions: t.integer('positions').array().notNull(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
    replayedAt: instant('replayed_at'),
    /** Null until it was read from the batch, and empty when it cannot be read. */
    eventType: t.text('event_type'),
    /** The row that this one was split from: its id is part of the ids of the events. */
    splitFrom: id64('split_from'),
    discardedAt: instant('discarded_at'),
    discardReason: t.text('discard_reason'),
    /** The admin token. */
    discardedBy: t.integer('discarded_by'),
  }),
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    index('dead_letter_of').on(table.currentId, table.id.desc()),
    index('dead_letter_of_batch').on(table.currentId, table.batchId),
    index('dead_letter_batch').using('brin', table.batchId).with({ pages_per_range: 32 }),
    index('dead_letter_newest').on(table.currentId, sql`coalesce(${table.splitFrom}, ${table.id}) desc`, table.id),
    partial(index('dead_letter_replayed').on(table.currentId), sql`${table.replayedAt} is not null`),
    partial(index('dead_letter_discarded').on(table.currentId), sql`${table.discardedAt} is not null`),
    partial(index('dead_letter_undescribed').on(table.currentId, table.id), sql`${table.eventType} is null`),
    partial(index('dead_letter_split').on(table.splitFrom), sql`${table.splitFrom} is not null`),
  ],
);

/**
 * Some quarantined events of one request. `positions` has four bytes for each event, big-endian; `codeIndexes` and
 * `states` one, see `quarantine/state.ts`. The counts are by kind: code and event type. `content` is null when no body is kept.
 */
export const quarantineBatch = pgTable(
  'quarantine_batch',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('quarantine_batch_id')),
    storedAt: instant('stored_at').notNull().defaultNow(),
    tokenId: t.integer('token_id').notNull(),
    events: t.integer('events').notNull(),
    positions: bytes('positions').notNull(),
    codes: t.text('codes').array().notNull(),
    codeIndexes: bytes('code_indexes').notNull(),
    eventCounts: t.integer('event_counts').array().notNull(),
    releasedCounts: t.integer('released_counts').array().notNull(),
    purgedCounts: t.integer('purged_counts').array().notNull(),
    states: bytes('states'),
    releases: instant('releases').array(),
    content: bytes('content'),
    isIndexed: t.boolean('is_indexed').notNull().default(false),
    /** The event type of each kind, empty if it is not known; null in rows that a release without this column has stored. */
    eventTypes: t.text('event_types').array(),
  }),
  (table) => [primaryKey({ columns: [table.storedOn, table.id] })],
);

/** Whose rows the event index finds. */
const source = () => oneOf('source', ['batch', 'quarantine']).notNull();

/** The fingerprints of one row of `batch` or `quarantine_batch`, until they are merged into a block. */
export const unmergedFingerprints = pgTable('unmerged_fingerprints', (t) => ({
  storedOn: t.date('stored_on').notNull(),
  source: source(),
  rowId: id64('row_id').notNull(),
  storedAt: instant('stored_at').notNull().defaultNow(),
  fingerprints: bytes('fingerprints').notNull(),
}));

/** The fingerprints of many rows, sorted; see `eventIndex/block.ts`. */
export const fingerprintBlock = pgTable(
  'fingerprint_block',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('fingerprint_block_id')),
    source: source(),
    version: t.smallint('version').notNull().default(1),
    level: t.smallint('level').notNull(),
    entries: t.integer('entries').notNull(),
    firstRowId: id64('first_row_id').notNull(),
    lastRowId: id64('last_row_id').notNull(),
    content: bytes('content').notNull(),
  }),
  (table) => [primaryKey({ columns: [table.storedOn, table.id] })],
);

/** How far the rows of a day are indexed that were stored before there was an index. */
export const indexBackfill = pgTable(
  'index_backfill',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    source: source(),
    lastRowId: id64('last_row_id').notNull().default('0'),
    checkedAt: instant('checked_at'),
    caughtUpAt: instant('caught_up_at'),
    finishedAt: instant('finished_at'),
  }),
  (table) => [primaryKey({ columns: [table.storedOn, table.source] })],
);

/** Bytes of the bodies in the quarantine. Each writer counts in a shard of its own, so that none waits for another. */
export const quarantineUsage = pgTable(
  'quarantine_usage',
  (t) => ({
    storedOn: t.date('stored_on').notNull(),
    tokenId: t.integer('token_id').notNull(),
    shard: t.smallint('shard').notNull(),
    bytes: count64('bytes').notNull(),
  }),
  (table) => [primaryKey({ columns: [table.storedOn, table.tokenId, table.shard] })],
);

/**
 * What a request was answered, so that a repetition is answered the same and stored once: `refused` lists the first
 * quarantined events, of which there are `quarantined`.
 */
export const request = pgTable(
  'request',
  (t) => ({
    hash: bytes('hash').notNull(),
    storedOn: t.date('stored_on').notNull(),
    accepted: t.integer('accepted').notNull(),
    refused: t.text('refused'),
    quarantined: t.integer('quarantined'),
  }),
  (table) => [primaryKey({ columns: [table.hash, table.storedOn] })],
);

/** Events of a Current by day and outcome. Each writer counts in a shard of its own, so that none waits for another. */
export const tally = pgTable(
  'tally',
  (t) => ({
    currentId: t.integer('current_id').notNull(),
    day: t.date('day').notNull(),
    shard: t.smallint('shard').notNull(),
    outcome: t.text('outcome').$type<'selected' | 'unselected' | 'delivered' | 'skipped' | DeadOutcome>().notNull(),
    code: t.text('code').notNull().default(''),
    events: count64('events').notNull(),
  }),
  (table) => [primaryKey({ columns: [table.currentId, table.day, table.outcome, table.code, table.shard] })],
);

/**
 * GCRA buckets where there is no Redis: `tat` is the theoretical arrival time, the rest the arguments of the last update.
 * Unlogged.
 */
export const budgetBucket = pgTable('budget_bucket', (t) => ({
  key: t.text('key').primaryKey(),
  tat: instant('tat').notNull(),
  leadMs: t.doublePrecision('lead_ms').notNull(),
  costMs: t.doublePrecision('cost_ms').notNull(),
  maxLeadMs: t.doublePrecision('max_lead_ms').notNull(),
}));

/** What the busiest keys of a Current have used of their quotas, by hour. Unlogged. */
export const quotaUsage = pgTable(
  'quota_usage',
  (t) => ({
    currentId: t.integer('current_id').notNull(),
    budget: t.text('budget').notNull(),
    key: t.text('key').notNull(),
    hour: instant('hour').notNull(),
    used: t.doublePrecision('used').notNull(),
    quotaLimit: t.doublePrecision('quota_limit').notNull(),
    expiresAt: instant('expires_at').notNull(),
  }),
  (table) => [primaryKey({ columns: [table.currentId, table.budget, table.key, table.hour] })],
);

/** Workers that have started and not ended cleanly. An advisory lock says whether one is alive. */
export const workerLease = pgTable('worker_lease', (t) => ({
  id: t.integer('id').primaryKey(),
  startedAt: instant('started_at').notNull().defaultNow(),
  /** The version of the hub; null of a worker whose release does not tell it. */
  version: t.text('version'),
  /** The settings in force, without secrets; null likewise. */
  settings: t.jsonb('settings'),
}));

/** The worker that delivers a Current; one at a time, so that it can keep the events of each user in order. */
export const currentOwner = pgTable('current_owner', (t) => ({
  currentId: t.integer('current_id').primaryKey(),
  workerId: owner('worker_id', () => workerLease.id),
}));
