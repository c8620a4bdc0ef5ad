import { sql } from 'drizzle-orm';
import { check, pgTable, primaryKey } from 'drizzle-orm/pg-core';
import { count64, instant, oneOf } from './columns.js';

/** What is counted by minute and hour. The migration that makes these tables says what each row means. */

const resolution = () => oneOf('resolution', ['minute', 'hour']).notNull();

const received = () => ({
  accepted: count64('accepted').notNull(),
  quarantined: count64('quarantined').notNull(),
  repeated: count64('repeated').notNull(),
  released: count64('released').notNull(),
});

const outcomes = () => ({
  selected: count64('selected').notNull(),
  unselected: count64('unselected').notNull(),
  delivered: count64('delivered').notNull(),
  skipped: count64('skipped').notNull(),
  rejected: count64('rejected').notNull(),
  expired: count64('expired').notNull(),
});

/** What one commit counted; `counts` is a `CountEntry`. */
export const countEntry = pgTable('count_entry', (t) => ({
  storedAt: instant('stored_at').notNull().defaultNow(),
  counts: t.json('counts').notNull(),
}));

/** Events by hour, token and event type; the type is '' where the event names none of the catalogue. */
export const ingestCount = pgTable(
  'ingest_count',
  (t) => ({
    hour: instant('hour').notNull(),
    tokenId: t.integer('token_id').notNull(),
    eventType: t.text('event_type').notNull(),
    ...received(),
  }),
  (table) => [primaryKey({ columns: [table.hour, table.tokenId, table.eventType] })],
);

/** Events by minute: of each token, and of each event type. */
export const ingestMinute = pgTable(
  'ingest_minute',
  (t) => ({
    dimension: oneOf('dimension', ['token', 'event_type']).notNull(),
    key: t.text('key').notNull(),
    minute: instant('minute').notNull(),
    ...received(),
  }),
  (table) => [primaryKey({ columns: [table.dimension, table.key, table.minute] })],
);

/** How much the tally of a Current grew. */
export const currentCount = pgTable(
  'current_count',
  (t) => ({
    currentId: t.integer('current_id').notNull(),
    resolution: resolution(),
    at: instant('at').notNull(),
    ...outcomes(),
  }),
  (table) => [primaryKey({ columns: [table.currentId, table.resolution, table.at] })],
);

/** The tally as it was when `current_count` was last written. */
export const tallySample = pgTable(
  'tally_sample',
  (t) => ({
    currentId: t.integer('current_id').notNull(),
    day: t.date('day').notNull(),
    ...outcomes(),
  }),
  (table) => [primaryKey({ columns: [table.currentId, table.day] })],
);

/** Delivered events by bucket of latency; see `counts/latencyHistogram.ts`. */
export const latencyCount = pgTable(
  'latency_count',
  (t) => ({
    currentId: t.integer('current_id').notNull(),
    resolution: resolution(),
    at: instant('at').notNull(),
    buckets: t.jsonb('buckets').$type<Readonly<Record<string, number>>>().notNull(),
  }),
  (table) => [primaryKey({ columns: [table.currentId, table.resolution, table.at] })],
);

/** One row: since when events are counted, and the minute in which the tally was last sampled. */
export const countState = pgTable(
  'count_state',
  (t) => ({
    id: t.boolean('id').primaryKey().default(true),
    countedSince: instant('counted_since').notNull().defaultNow(),
    sampledMinute: instant('sampled_minute')
      .notNull()
      .default(sql`'-infinity'`),
  }),
  (table) => [check('count_state_id_check', sql`${table.id}`)],
);
