import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { bytes, id64, instant, nextId, oneOf } from './columns.js';

const deadOutcomes = ['rejected', 'expired'] as const;

/**
 * Events on their way, from a request to its outcomes. `batch`, `delivery`, `dead_letter`, `quarantine` and `request` are
 * partitioned by `stored_on`, the UTC day; their ids come from sequences, because a partitioned table has no identity.
 */

export const batchId = pgSequence('batch_id');
export const deliveryId = pgSequence('delivery_id');
export const deadLetterId = pgSequence('dead_letter_id');
export const quarantineId = pgSequence('quarantine_id');

export const batch = pgTable(
  'batch',
  {
    storedOn: date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('batch_id')),
    storedAt: instant('stored_at').notNull().defaultNow(),
    events: integer('events').notNull(),
    content: bytes('content').notNull(),
  },
  (table) => [primaryKey({ columns: [table.storedOn, table.id] })],
);

/** `outcomes` holds a byte for each event of the batch; null while every event is selected and pending. */
export const delivery = pgTable(
  'delivery',
  {
    storedOn: date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('delivery_id')),
    batchId: id64('batch_id').notNull(),
    currentId: integer('current_id').notNull(),
    storedAt: instant('stored_at').notNull().defaultNow(),
    replay: boolean('replay').notNull().default(false),
    events: integer('events').notNull(),
    pending: integer('pending').notNull(),
    outcomes: bytes('outcomes'),
    skipReasons: text('skip_reasons').array(),
    deferred: jsonb('deferred'),
    attempts: integer('attempts').notNull().default(0),
    dueAt: instant('due_at').notNull().defaultNow(),
    lease: id64('lease'),
  },
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    index('delivery_due')
      .on(table.currentId, table.dueAt)
      .where(sql`${table.pending} > 0`),
    index('delivery_deferred')
      .on(table.currentId)
      .where(sql`${table.deferred} is not null`),
  ],
);

export type DeadOutcome = (typeof deadOutcomes)[number];

export const deadLetter = pgTable(
  'dead_letter',
  {
    storedOn: date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('dead_letter_id')),
    currentId: integer('current_id').notNull(),
    batchId: id64('batch_id').notNull(),
    deliveryId: id64('delivery_id').notNull(),
    outcome: text('outcome', { enum: deadOutcomes }).notNull(),
    code: text('code').notNull(),
    detail: text('detail').notNull(),
    attempts: integer('attempts').notNull(),
    positions: integer('positions').array().notNull(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
    replayedAt: instant('replayed_at'),
  },
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    index('dead_letter_of').on(table.currentId, table.id.desc()),
    oneOf('dead_letter_outcome_check', table.outcome, deadOutcomes),
  ],
);

export const quarantine = pgTable(
  'quarantine',
  {
    storedOn: date('stored_on').notNull(),
    id: id64('id').notNull().default(nextId('quarantine_id')),
    storedAt: instant('stored_at').notNull().defaultNow(),
    tokenId: integer('token_id').notNull(),
    position: integer('position').notNull(),
    code: text('code').notNull(),
    detail: text('detail').notNull(),
    body: text('body').notNull(),
    releasedAt: instant('released_at'),
  },
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    index('quarantine_code').on(table.code, table.id.desc()),
  ],
);

/** What a request was answered, so that a repetition is answered the same and stored once. */
export const request = pgTable(
  'request',
  {
    hash: bytes('hash').notNull(),
    storedOn: date('stored_on').notNull(),
    accepted: integer('accepted').notNull(),
    refused: text('refused'),
  },
  (table) => [primaryKey({ columns: [table.hash, table.storedOn] })],
);

/** Events of a Current by day and outcome. Each writer counts in a shard of its own, so that none waits for another. */
export const tally = pgTable(
  'tally',
  {
    currentId: integer('current_id').notNull(),
    day: date('day').notNull(),
    shard: smallint('shard').notNull(),
    outcome: text('outcome').$type<'selected' | 'delivered' | 'skipped' | DeadOutcome>().notNull(),
    code: text('code').notNull().default(''),
    events: bigint('events', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.currentId, table.day, table.outcome, table.code, table.shard] })],
);

/**
 * GCRA buckets where there is no Redis: `tat` is the theoretical arrival time, the rest the arguments of the last update.
 * Unlogged.
 */
export const budgetBucket = pgTable('budget_bucket', {
  key: text('key').primaryKey(),
  tat: instant('tat').notNull(),
  leadMs: doublePrecision('lead_ms').notNull(),
  costMs: doublePrecision('cost_ms').notNull(),
  maxLeadMs: doublePrecision('max_lead_ms').notNull(),
});

/** What the busiest keys of a Current have used of their quotas, by hour. Unlogged. */
export const quotaUsage = pgTable(
  'quota_usage',
  {
    currentId: integer('current_id').notNull(),
    budget: text('budget').notNull(),
    key: text('key').notNull(),
    hour: instant('hour').notNull(),
    used: doublePrecision('used').notNull(),
    quotaLimit: doublePrecision('quota_limit').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.currentId, table.budget, table.key, table.hour] })],
);

/** Workers that have started and not ended cleanly. An advisory lock says whether one is alive. */
export const workerLease = pgTable('worker_lease', {
  id: integer('id').primaryKey(),
  startedAt: instant('started_at').notNull().defaultNow(),
});
