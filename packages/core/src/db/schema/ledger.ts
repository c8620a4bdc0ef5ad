import { sql } from 'drizzle-orm';
import { check, pgTable, uniqueIndex } from 'drizzle-orm/pg-core';
import { count64, id64, identity, instant, partial } from './columns.js';

/** One row: how far the continuous check of the ledger has come; `progress` is a `StoredProgress`. */
export const ledgerScan = pgTable(
  'ledger_scan',
  (t) => ({
    id: t.boolean('id').primaryKey().default(true),
    progress: t.jsonb('progress'),
    lease: id64('lease').notNull().default('0'),
    dueAt: instant('due_at')
      .notNull()
      .default(sql`now() + interval '5 minutes'`),
    roundStartedAt: instant('round_started_at'),
    /** When the last full round began, and when it ended. */
    checkedSince: instant('checked_since'),
    checkedAt: instant('checked_at'),
  }),
  (table) => [check('ledger_scan_id_check', sql`${table.id}`)],
);

/** A number that is stored in two places and differs; `delivery_id` is 0 when it is about the whole day. */
export const ledgerDifference = pgTable(
  'ledger_difference',
  (t) => ({
    id: identity(),
    currentId: t.integer('current_id').notNull(),
    day: t.date('day').notNull(),
    deliveryId: id64('delivery_id').notNull(),
    quantity: t.text('quantity').notNull(),
    code: t.text('code').notNull(),
    expected: count64('expected').notNull(),
    stored: count64('stored').notNull(),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
  }),
  (table) => [
    partial(
      uniqueIndex('ledger_difference_open').on(
        table.currentId,
        table.day,
        table.deliveryId,
        table.quantity,
        table.code,
      ),
      sql`${table.resolvedAt} is null`,
    ),
  ],
);
