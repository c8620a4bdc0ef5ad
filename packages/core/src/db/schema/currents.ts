import { sql } from 'drizzle-orm';
import { check, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Selection } from '@currents/schema';
import { breakerColumns, bytes, count64, identity, instant, oneOf, owner, partial } from './columns.js';

export type CurrentState = (typeof current.$inferSelect)['state'];

export const current = pgTable(
  'current',
  (t) => ({
    id: identity(),
    name: t.text('name').notNull(),
    contactEmail: t.text('contact_email').notNull(),
    destination: t.text('destination').notNull(),
    settings: t.jsonb('settings').$type<Readonly<Record<string, unknown>>>().notNull(),
    credentials: bytes('credentials'),
    selection: t.jsonb('selection').$type<Selection>().notNull(),
    /** Null: there are none. Read with `readFieldRules`. */
    fieldRules: t.jsonb('field_rules'),
    state: oneOf('state', ['draft', 'live', 'paused', 'blocked', 'deleted']).notNull().default('draft'),
    ...breakerColumns(),
    /** The longest time in milliseconds for which due events gather before a request. */
    lingerMs: t.integer('linger_ms').notNull().default(250),
    liveSince: instant('live_since'),
    version: t.integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  }),
  (table) => [partial(uniqueIndex('current_name').on(sql`lower(${table.name})`), sql`${table.state} <> 'deleted'`)],
);

/** What workers noticed about a Current that keeps working, counted by code. */
export const currentWarning = pgTable(
  'current_warning',
  (t) => ({
    currentId: owner('current_id', () => current.id),
    code: t.text('code').notNull(),
    detail: t.text('detail').notNull(),
    events: count64('events').notNull(),
    firstAt: instant('first_at').notNull().defaultNow(),
    lastAt: instant('last_at').notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.currentId, table.code] })],
);

/**
 * Other credentials of a Current beside those that it uses, sealed like those: staged new ones, or, in probation, the
 * former ones that it goes back to when the new ones are refused. What a test said is about the new ones.
 */
export const credentialRotation = pgTable(
  'credential_rotation',
  (t) => ({
    currentId: t
      .integer('current_id')
      .primaryKey()
      .references(() => current.id, { onDelete: 'cascade' }),
    state: oneOf('state', ['staged', 'probation']).notNull(),
    credentials: bytes('credentials').notNull(),
    stagedAt: instant('staged_at').notNull().defaultNow(),
    testOutcome: oneOf('test_outcome', ['passed', 'refused', 'unreachable']),
    testCode: t.text('test_code'),
    testDetail: t.text('test_detail'),
    testedAt: instant('tested_at'),
    promotedAt: instant('promoted_at'),
    probationEndsAt: instant('probation_ends_at'),
    firstDeliveredAt: instant('first_delivered_at'),
  }),
  (table) => [
    check('credential_rotation_check', sql`(${table.state} = 'probation') = (${table.probationEndsAt} is not null)`),
  ],
);

/** One row, whose version rises whenever what a Current takes, or how, has changed. */
export const routeTable = pgTable(
  'route_table',
  (t) => ({
    id: t.boolean('id').primaryKey().default(true),
    version: count64('version').notNull(),
  }),
  (table) => [check('route_table_id_check', sql`${table.id}`)],
);
