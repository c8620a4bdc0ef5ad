import { sql } from 'drizzle-orm';
import { index, pgTable } from 'drizzle-orm/pg-core';
import { bytes, identity, instant } from './columns.js';

/**
 * Deletions of users' data, which a restored backup repeats. `hashes` are keyed hashes of the ids, in hexadecimal; the ids
 * themselves are in `sealed`, and only while the deletion is under way.
 */
export const userDeletion = pgTable(
  'user_deletion',
  (t) => ({
    id: identity(),
    hashes: t.text('hashes').array().notNull(),
    sealed: bytes('sealed'),
    requestedAt: instant('requested_at')
      .notNull()
      .default(sql`clock_timestamp()`),
    finishedAt: instant('finished_at'),
  }),
  (table) => [index('user_deletion_requested_at').on(table.requestedAt)],
);
