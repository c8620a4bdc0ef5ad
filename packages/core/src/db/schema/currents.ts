import { sql } from 'drizzle-orm';
import { bigint, boolean, check, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Selection } from '@currents/schema';
import { bytes, instant, oneOf } from './columns.js';

const currentStates = ['draft', 'live', 'paused', 'blocked', 'deleted'] as const;

export type CurrentState = (typeof currentStates)[number];

export const current = pgTable(
  'current',
  {
    id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
    name: text('name').notNull(),
    contactEmail: text('contact_email').notNull(),
    destination: text('destination').notNull(),
    settings: jsonb('settings').$type<Readonly<Record<string, unknown>>>().notNull(),
    credentials: bytes('credentials'),
    selection: jsonb('selection').$type<Selection>().notNull(),
    state: text('state', { enum: currentStates }).notNull().default('draft'),
    stateSince: instant('state_since').notNull().defaultNow(),
    liveSince: instant('live_since'),
    blockedCode: text('blocked_code'),
    blockedDetail: text('blocked_detail'),
    probes: integer('probes').notNull().default(0),
    probeAt: instant('probe_at'),
    deferralUntil: instant('deferral_until'),
    deferralCode: text('deferral_code'),
    deferralDetail: text('deferral_detail'),
    failures: integer('failures').notNull().default(0),
    version: integer('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('current_name')
      .on(sql`lower(${table.name})`)
      .where(sql`${table.state} <> 'deleted'`),
    oneOf('current_state_check', table.state, currentStates),
  ],
);

/** One row, whose version rises whenever what a Current takes, or how, has changed. */
export const routeTable = pgTable(
  'route_table',
  {
    id: boolean('id').primaryKey().default(true),
    version: bigint('version', { mode: 'number' }).notNull(),
  },
  (table) => [check('route_table_id_check', sql`${table.id}`)],
);
