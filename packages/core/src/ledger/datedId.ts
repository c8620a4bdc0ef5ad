import { isNotNull, isNull, sql, type AnyColumn, type SQL } from 'drizzle-orm';
import { checkDay, isDay } from '../admin/page.js';

/** The id of a row of a table that is partitioned by day, such as `20260131-12`. */
export function datedId({ storedOn, id }: { readonly storedOn: string; readonly id: string }): string {
  return `${storedOn.replaceAll('-', '')}-${id}`;
}

/** `20260131` as a day. Throws `QuestionRefused` where somebody made up a cursor that names none. */
export function dayOfDigits(digits: string): string {
  const day = digits.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  checkDay('after', day);
  return day;
}

/** The rows with these ids, which name the day and the key: both bounds let Postgres read few partitions. */
export function hasDatedId(table: Readonly<Record<'storedOn' | 'id', AnyColumn>>, ids: readonly string[]): SQL {
  const keys = ids.flatMap((id) => {
    const [, year, month, date, key] = /^(\d{4})(\d\d)(\d\d)-(\d{1,18})$/.exec(id) ?? [];
    const day = `${year}-${month}-${date}`;
    return key !== undefined && isDay(day) ? [sql`(${day}::date, ${key}::bigint)`] : [];
  });
  return keys.length === 0 ? sql`false` : sql`(${table.storedOn}, ${table.id}) in (${sql.join(keys, sql`, `)})`;
}

/** Whether a column is set, as asked; undefined asks for both. */
export function isSet(column: AnyColumn, wanted: boolean | undefined): SQL | undefined {
  if (wanted === undefined) return undefined;
  return wanted ? isNotNull(column) : isNull(column);
}
