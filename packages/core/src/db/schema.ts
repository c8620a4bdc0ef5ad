import {
  bigint,
  boolean,
  customType,
  date,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import type { Selection } from '@currents/schema';

/**
 * The tables that the admin's side queries, as the migrations make them. Only for reading and writing rows:
 * indexes, defaults and partitions are said in the migrations alone.
 */

const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
/** 64-bit ids stay text: a JavaScript number cannot hold them all. */
const id64 = customType<{ data: string; driverData: string }>({ dataType: () => 'bigint' });
const instant = (name: string) => timestamp(name, { withTimezone: true });

export const adminToken = pgTable('admin_token', {
  id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
  hash: bytes('hash').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  revokedAt: instant('revoked_at'),
});

export const ingestToken = pgTable('ingest_token', {
  id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
  name: text('name').notNull(),
  hash: bytes('hash').notNull(),
  hint: text('hint').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
});

export type CurrentState = 'draft' | 'live' | 'paused' | 'blocked' | 'deleted';

export const current = pgTable('current', {
  id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
  name: text('name').notNull(),
  contactEmail: text('contact_email').notNull(),
  destination: text('destination').notNull(),
  settings: jsonb('settings').$type<Readonly<Record<string, unknown>>>().notNull(),
  credentials: bytes('credentials'),
  selection: jsonb('selection').$type<Selection>().notNull(),
  state: text('state').$type<CurrentState>().notNull().default('draft'),
  stateSince: instant('state_since').notNull().defaultNow(),
  liveSince: instant('live_since'),
  blockedCode: text('blocked_code'),
  blockedDetail: text('blocked_detail'),
  probes: integer('probes').notNull().default(0),
  probeAt: instant('probe_at'),
  holdUntil: instant('hold_until'),
  holdCode: text('hold_code'),
  holdDetail: text('hold_detail'),
  failures: integer('failures').notNull().default(0),
  version: integer('version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

export const batch = pgTable('batch', {
  storedOn: date('stored_on').notNull(),
  id: id64('id').notNull(),
  storedAt: instant('stored_at').notNull().defaultNow(),
  events: integer('events').notNull(),
  content: bytes('content').notNull(),
});

export const delivery = pgTable('delivery', {
  storedOn: date('stored_on').notNull(),
  id: id64('id').notNull(),
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
});

export type DeadOutcome = 'rejected' | 'expired';

export const deadLetter = pgTable('dead_letter', {
  storedOn: date('stored_on').notNull(),
  id: id64('id').notNull(),
  currentId: integer('current_id').notNull(),
  batchId: id64('batch_id').notNull(),
  deliveryId: id64('delivery_id').notNull(),
  outcome: text('outcome').$type<DeadOutcome>().notNull(),
  code: text('code').notNull(),
  detail: text('detail').notNull(),
  attempts: integer('attempts').notNull(),
  positions: integer('positions').array().notNull(),
  recordedAt: instant('recorded_at').notNull().defaultNow(),
  replayedAt: instant('replayed_at'),
});

export const quarantine = pgTable('quarantine', {
  storedOn: date('stored_on').notNull(),
  id: id64('id').notNull(),
  storedAt: instant('stored_at').notNull().defaultNow(),
  tokenId: integer('token_id').notNull(),
  position: integer('position').notNull(),
  code: text('code').notNull(),
  detail: text('detail').notNull(),
  body: text('body').notNull(),
  releasedAt: instant('released_at'),
});

export const tally = pgTable('tally', {
  currentId: integer('current_id').notNull(),
  day: date('day').notNull(),
  shard: smallint('shard').notNull(),
  outcome: text('outcome').$type<'selected' | 'delivered' | 'skipped' | DeadOutcome>().notNull(),
  code: text('code').notNull().default(''),
  events: bigint('events', { mode: 'number' }).notNull(),
});

/** Every table above, for a test that compares them with the database. */
export const tables = { adminToken, ingestToken, current, batch, delivery, deadLetter, quarantine, tally };
