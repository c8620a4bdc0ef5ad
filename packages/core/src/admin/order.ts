import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { QuestionRefused } from './page.js';

/** How a list is ordered: by one field, and by the row's id where that is equal. */
export interface Order<Field extends string> {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

interface Place {
  readonly key: string;
  readonly id: number;
}

/** The cursor of a row: the order, the row's value of its field and the row's id. */
export function writePlace({ field, direction }: Order<string>, key: string, id: number): string {
  return Buffer.from(JSON.stringify([field, direction, key, id])).toString('base64url');
}

/** The place that a cursor names. Throws `QuestionRefused` for a cursor of another list or order. */
export function readPlace({ field, direction }: Order<string>, after: string | undefined): Place | undefined {
  if (after === undefined) return undefined;
  const [byField, byDirection, key, id] = parse(after);
  if (byField === field && byDirection === direction && typeof key === 'string' && Number.isSafeInteger(id)) {
    if (field === 'name' ? !key.includes('\0') : /^\d{1,18}$/.test(key)) return { key, id: id as number };
  }
  throw new QuestionRefused('after: expected a cursor of this list with the same order, got something else');
}

/** Selects what comes after a place. @param key the expression that is ordered by. */
export function afterPlace({ field, direction }: Order<string>, key: SQL, id: SQLWrapper, place: Place): SQL {
  const value = field === 'name' ? sql`${place.key}::text` : sql`${place.key}::bigint`;
  return sql`(${key}, ${id}) ${sql.raw(direction === 'asc' ? '>' : '<')} (${value}, ${place.id}::int)`;
}

export function orderOf({ direction }: Order<string>, key: SQL, id: SQLWrapper): readonly [SQL, SQL] {
  const way = direction === 'asc' ? sql`asc` : sql`desc`;
  return [sql`${key} ${way}`, sql`${id} ${way}`];
}

function parse(cursor: string): readonly unknown[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(place) ? place : [];
  } catch {
    return [];
  }
}
