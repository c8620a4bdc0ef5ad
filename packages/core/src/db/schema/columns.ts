import { sql, type SQL } from 'drizzle-orm';
import { bigint, customType, integer, text, timestamp, type AnyPgColumn, type IndexBuilder } from 'drizzle-orm/pg-core';

/** Column types and groups of columns that several tables share. */

export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** A 64-bit id stays text: a JavaScript number cannot hold them all. */
export const id64 = customType<{ data: string; driverData: string }>({ dataType: () => 'bigint' });

/** Text that is one of the values. */
export const oneOf = <const Values extends readonly [string, ...string[]]>(name: string, values: Values) =>
  text(name, { enum: values });

/** A 64-bit count, far below what a JavaScript number holds. */
export const count64 = (name: string) => bigint(name, { mode: 'number' });

/** Text in byte order, so that an index and a comparison in JavaScript agree. */
export const byteOrderedText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' });
export const byteOrderedTexts = customType<{ data: readonly string[]; driverData: readonly string[] }>({
  dataType: () => 'text[] collate "C"',
});

export const instant = (name: string) => timestamp(name, { withTimezone: true });

export const nextId = (sequence: string): SQL => sql.raw(`nextval('${sequence}')`);

/** The id of the row that this one is deleted with. */
export const owner = (name: string, id: () => AnyPgColumn) =>
  integer(name).notNull().references(id, { onDelete: 'cascade' });

export const identity = () => integer('id').generatedAlwaysAsIdentity().primaryKey();

/** Limits an index to the rows that the condition holds for. */
export const partial = (index: IndexBuilder, condition: SQL) => index.where(condition);

/** A key that others show to the hub. `hint` is how it ends. */
export const keyColumns = () => ({
  id: identity(),
  name: text('name').notNull(),
  hash: bytes('hash').notNull().unique(),
  hint: text('hint').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
});

/** The deferral and the circuit breaker of a Current or a webhook. */
export const breakerColumns = () => ({
  stateSince: instant('state_since').notNull().defaultNow(),
  blockedCode: text('blocked_code'),
  blockedDetail: text('blocked_detail'),
  probes: integer('probes').notNull().default(0),
  probeAt: instant('probe_at'),
  deferralUntil: instant('deferral_until'),
  deferralCode: text('deferral_code'),
  deferralDetail: text('deferral_detail'),
  failures: integer('failures').notNull().default(0),
});
