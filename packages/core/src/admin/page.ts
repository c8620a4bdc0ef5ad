/** Part of a list, newest first. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  /** Where the next page begins; undefined on the last one. */
  readonly nextCursor: string | undefined;
}

export interface PageRequest {
  /** How many to return, 1 to 200. */
  readonly first: number;
  /** `nextCursor` of the page before. */
  readonly after?: string | undefined;
}

/** A question that cannot be answered as it was put. Its message is for the asker, and holds nothing secret. */
export class QuestionRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuestionRefused';
  }
}

export const maxPageSize = 200;

export function checkFirst(first: number): number {
  if (Number.isInteger(first) && first >= 1 && first <= maxPageSize) return first;
  throw new QuestionRefused(`first: wanted a whole number from 1 to ${maxPageSize}; ${first} came`);
}

export function checkDay(name: string, day: string | undefined): void {
  const known =
    day === undefined || (/^\d{4}-\d{2}-\d{2}$/.test(day) && !day.startsWith('0000') && isoDay(day) === day);
  if (!known)
    throw new QuestionRefused(`${name}: wanted a day such as 2026-01-31; ${JSON.stringify(day.slice(0, 40))} came`);
}

function isoDay(day: string): string | undefined {
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10);
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

/** The keys of a cursor; each is text of digits. Undefined without a cursor. */
export function readCursor(after: string | undefined, keys: number): readonly string[] | undefined {
  if (after === undefined) return undefined;
  const place = Buffer.from(after, 'base64url').toString('latin1').split(' ');
  if (place.length === keys && place.every((key) => /^\d{1,18}$/.test(key))) return place;
  throw new QuestionRefused('after: wanted the nextCursor of an earlier page of this list; something else came');
}

/** Cuts a list that was read one longer than the page. */
export function pageOf<Node>(nodes: readonly Node[], first: number, cursorOf: (node: Node) => string): Page<Node> {
  const last = nodes[first - 1];
  return {
    nodes: nodes.slice(0, first),
    nextCursor: nodes.length > first && last !== undefined ? cursorOf(last) : undefined,
  };
}

/** A row's id as a 32-bit column holds it, or undefined when no row can have it. */
export function rowId(id: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(id) ? Number(id) : undefined;
}
