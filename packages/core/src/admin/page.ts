import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { Db } from './admin.js';

/** Part of a list, by keyset pagination: what is added meanwhile shifts no later page. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  /** The place of each node, to pass as `after`. */
  readonly cursors: readonly string[];
  /** The last cursor when more follows; undefined on the last page. */
  readonly nextCursor: string | undefined;
  readonly hasPreviousPage: boolean;
  /** How many the whole list has; more than `maxCounted` count as one more than that. Runs its query once. */
  count(): Promise<number>;
}

export interface PageRequest {
  /** How many to return, 1 to 200. */
  readonly first: number;
  /** A cursor of the same list: the page begins after it. */
  readonly after?: string | undefined;
}

/** A list is counted up to here. */
export const maxCounted = 10_000;

/** A query with invalid arguments. Its message is answered to the caller and holds no secrets. */
export class QuestionRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuestionRefused';
  }
}

export const maxPageSize = 200;

export function checkFirst(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > maxPageSize)
    throw new QuestionRefused(`first: expected a whole number from 1 to ${maxPageSize}, got ${first}`);
}

export function checkDay(name: string, day: string | undefined): void {
  if (day !== undefined && !isDay(day))
    throw new QuestionRefused(`${name}: expected a day such as 2026-01-31, got ${JSON.stringify(day.slice(0, 40))}`);
}

/** Whether a text is a day that exists, such as `2026-01-31`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const earliest = new Date('2000-01-01T00:00:00Z');
const latest = new Date('2200-01-01T00:00:00Z');

/** Nothing is stored before or after these, and Postgres takes not every instant that JavaScript can name. */
export function boundOf(instant: Date): Date {
  return instant < earliest ? earliest : instant > latest ? latest : instant;
}

/** A cursor is opaque to its bearer: a place in the list, named by the last node's own keys. */
export function writeCursor(...place: readonly (string | number)[]): string {
  return Buffer.from(place.join(' ')).toString('base64url');
}

/** Checks a request, and returns the keys of its cursor; each is text of digits. None without a cursor. */
export function readCursor({ first, after }: PageRequest, keys: number): readonly string[] {
  checkFirst(first);
  if (after === undefined) return [];
  const place = Buffer.from(after, 'base64url').toString('latin1').split(' ');
  if (place.length === keys && place.every((key) => /^\d{1,18}$/.test(key))) return place;
  throw new QuestionRefused('after: expected a cursor of this list, got something else');
}

/**
 * Makes a page of a list that was read one longer than the page.
 * @param count counts the whole list, and may stop at `maxCounted + 1`.
 */
export function pageOf<Node>(
  nodes: readonly Node[],
  { first, after }: PageRequest,
  cursorOf: (node: Node) => string,
  count: () => Promise<number>,
): Page<Node> {
  const shown = nodes.slice(0, first);
  const cursors = shown.map(cursorOf);
  let counted: Promise<number> | undefined;
  return {
    nodes: shown,
    cursors,
    nextCursor: nodes.length > first ? cursors.at(-1) : undefined,
    hasPreviousPage: after !== undefined,
    count: () => (counted ??= count()),
  };
}

/** Counts the rows of a query, up to `maxCounted + 1`. */
export async function countRows({ db }: Db, query: SQLWrapper): Promise<number> {
  const [row] = (await db.execute(
    sql`select count(*)::int as n from (select from (${query}) listed limit ${maxCounted + 1}) counted`,
  )) as unknown as [{ n: number }];
  return row.n;
}

/** Postgres stores no NUL in text, so no column holds one. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** Whether a column contains a text, in any case. */
export function containsText(column: SQLWrapper, text: string): SQL {
  return sql`position(lower(${storable(text)}) in lower(${column})) > 0`;
}

/** A row's id as a 32-bit column holds it, or undefined when no row can have it. */
export function rowId(id: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(id) ? Number(id) : undefined;
}
