import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { bytes, instant, oneOf } from './columns.js';

const auditActors = ['admin_token', 'system'] as const;
const idempotencyStates = ['in_progress', 'completed'] as const;

export const adminToken = pgTable('admin_token', {
  id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
  name: text('name'),
  hash: bytes('hash').notNull().unique(),
  createdAt: instant('created_at').notNull().defaultNow(),
  revokedAt: instant('revoked_at'),
});

export const ingestToken = pgTable(
  'ingest_token',
  {
    id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
    name: text('name').notNull(),
    hash: bytes('hash').notNull().unique(),
    hint: text('hint').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    uniqueIndex('ingest_token_name')
      .on(sql`lower(${table.name})`)
      .where(sql`${table.revokedAt} is null`),
  ],
);

/** What admins did. Entries are kept for ever. */
export const auditEntry = pgTable(
  'audit_entry',
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    at: instant('at')
      .notNull()
      .default(sql`clock_timestamp()`),
    adminTokenId: integer('admin_token_id').references(() => adminToken.id, { onDelete: 'set null' }),
    action: text('action').notNull(),
    targetId: text('target_id'),
    arguments: jsonb('arguments').$type<Readonly<Record<string, unknown>>>(),
    result: text('result').notNull(),
    succeeded: boolean('succeeded').notNull(),
    actor: text('actor', { enum: auditActors }).notNull().default('admin_token'),
  },
  (table) => [
    index('audit_entry_action').on(table.action, table.id.desc()),
    oneOf('audit_entry_actor_check', table.actor, auditActors),
  ],
);

/** Answers to mutations that were sent with an `Idempotency-Key`. `answer` is sealed. */
export const idempotencyKey = pgTable(
  'idempotency_key',
  {
    adminTokenId: integer('admin_token_id')
      .notNull()
      .references(() => adminToken.id, { onDelete: 'cascade' }),
    key: text('key').notNull(),
    mutation: text('mutation').notNull(),
    requestHash: bytes('request_hash').notNull(),
    state: text('state', { enum: idempotencyStates }).notNull().default('in_progress'),
    answer: bytes('answer'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.adminTokenId, table.key] }),
    index('idempotency_key_created_at').on(table.createdAt),
    oneOf('idempotency_key_state_check', table.state, idempotencyStates),
    check('idempotency_key_answer_check', sql`(${table.state} = 'completed') = (${table.answer} is not null)`),
  ],
);
