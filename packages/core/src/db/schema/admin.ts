import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import { bytes, count64, id64, identity, instant, keyColumns, oneOf, owner, partial } from './columns.js';

/** The roles of admin tokens. Each may do all that those before it may. */
export const adminRoles = ['viewer', 'operator', 'admin'] as const;
export type AdminRole = (typeof adminRoles)[number];

export const adminToken = pgTable('admin_token', (t) => ({
  id: identity(),
  /** Null only in a token of before 0.1.0. */
  name: t.text('name'),
  hash: bytes('hash').notNull().unique(),
  role: oneOf('role', adminRoles).notNull().default('admin'),
  createdAt: instant('created_at').notNull().defaultNow(),
  expiresAt: instant('expires_at'),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
}));

export const ingestToken = pgTable(
  'ingest_token',
  (t) => ({
    ...keyColumns(),
    /** Null is the api's default; 0 is no limit. */
    eventsPerSecond: t.integer('events_per_second'),
    bytesPerSecond: t.bigint('bytes_per_second', { mode: 'number' }),
  }),
  (table) => [partial(uniqueIndex('ingest_token_name').on(sql`lower(${table.name})`), sql`${table.revokedAt} is null`)],
);

/** Browsers that are signed in to the console. The cookie holds the secret; only its hash is stored. */
export const consoleSession = pgTable(
  'console_session',
  () => ({
    id: identity(),
    hash: bytes('hash').notNull().unique(),
    adminTokenId: owner('admin_token_id', () => adminToken.id),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
  }),
  (table) => [index('console_session_of').on(table.adminTokenId, table.id)],
);

/** One row: a known text that the process's master key has to open. */
export const masterKeyCheck = pgTable(
  'master_key_check',
  (t) => ({
    id: t.boolean('id').primaryKey().default(true),
    sealed: bytes('sealed').notNull(),
    /** Sealed; null while it is the master key's own. */
    fingerprintKey: bytes('fingerprint_key'),
  }),
  (table) => [check('master_key_check_id_check', sql`${table.id}`)],
);

/** What admins did. Entries are kept for ever. */
export const auditEntry = pgTable(
  'audit_entry',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    at: instant('at')
      .notNull()
      .default(sql`clock_timestamp()`),
    adminTokenId: t.integer('admin_token_id').references(() => adminToken.id, { onDelete: 'set null' }),
    action: t.text('action').notNull(),
    targetId: t.text('target_id'),
    arguments: t.jsonb('arguments').$type<Readonly<Record<string, unknown>>>(),
    result: t.text('result').notNull(),
    succeeded: t.boolean('succeeded').notNull(),
    actor: oneOf('actor', ['admin_token', 'system']).notNull().default('admin_token'),
  }),
  (table) => [index('audit_entry_action').on(table.action, table.id.desc())],
);

/** Answers to mutations that were sent with an `Idempotency-Key`. `answer` is sealed. */
export const idempotencyKey = pgTable(
  'idempotency_key',
  (t) => ({
    adminTokenId: owner('admin_token_id', () => adminToken.id),
    key: t.text('key').notNull(),
    mutation: t.text('mutation').notNull(),
    requestHash: bytes('request_hash').notNull(),
    state: oneOf('state', ['in_progress', 'completed']).notNull().default('in_progress'),
    answer: bytes('answer'),
    createdAt: instant('created_at').notNull().defaultNow(),
  }),
  (table) => [
    primaryKey({ columns: [table.adminTokenId, table.key] }),
    index('idempotency_key_created_at').on(table.createdAt),
    check('idempotency_key_answer_check', sql`(${table.state} = 'completed') = (${table.answer} is not null)`),
  ],
);

export type JobState = (typeof job.$inferSelect)['state'];

/** Admin operations that may take long. A job that is queued or running and due is run by the process that leases it. */
export const job = pgTable(
  'job',
  (t) => ({
    id: identity(),
    /** Text, so that a later release may add operations; see `jobs/operations.ts`. */
    operation: t.text('operation').notNull(),
    input: t.jsonb('input').notNull(),
    state: oneOf('state', ['queued', 'running', 'paused', 'done', 'failed', 'cancelled']).notNull().default('queued'),
    progress: t.jsonb('progress'),
    doneCount: count64('done_count').notNull().default(0),
    totalCount: count64('total_count'),
    result: t.jsonb('result').$type<object>(),
    error: t.text('error'),
    adminTokenId: t.integer('admin_token_id'),
    cancelRequestedAt: instant('cancel_requested_at'),
    attempts: t.integer('attempts').notNull().default(0),
    lease: id64('lease'),
    dueAt: instant('due_at').notNull().defaultNow(),
    createdAt: instant('created_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    /** When a process began to work on it last, and `doneCount` at that moment: its speed. */
    claimedAt: instant('claimed_at'),
    claimedDoneCount: count64('claimed_done_count'),
    progressedAt: instant('progressed_at'),
  }),
  (table) => [partial(index('job_due').on(table.dueAt), sql`${table.state} in ('queued', 'running')`)],
);
