import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { check, customType, timestamp } from 'drizzle-orm/pg-core';

/** Column types and checks that several tables share. */

export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** A 64-bit id stays text: a JavaScript number cannot hold them all. */
export const id64 = customType<{ data: string; driverData: string }>({ dataType: () => 'bigint' });

/** Text in byte order, so that an index and a comparison in JavaScript agree. */
export const byteOrderedText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' });
export const byteOrderedTexts = customType<{ data: readonly string[]; driverData: readonly string[] }>({
  dataType: () => 'text[] collate "C"',
});

export const instant = (name: string) => timestamp(name, { withTimezone: true });

export const nextId = (sequence: string): SQL => sql.raw(`nextval('${sequence}')`);

/** Checks that a column of text holds one of the values. */
export const oneOf = (name: string, column: SQLWrapper, values: readonly string[]) =>
  check(name, sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`);
