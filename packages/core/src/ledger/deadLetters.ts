import type { CatalogueEvent } from '@currents/schema';
import { and, asc, desc, eq, gte, isNotNull, isNull, lt, lte, sql, type SQL } from 'drizzle-orm';
import { unpackBatch } from '../batch/batch.js';
import { batch, deadLetter, type DeadOutcome } from '../db/schema.js';
import type { Admin } from '../admin/admin.js';
import {
  boundOf,
  checkFirst,
  pageOf,
  readCursor,
  rowId,
  withNodes,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';

/** One event that a Current will not deliver any more, and why. */
export interface DeadLetter {
  readonly id: string;
  readonly currentId: string;
  /** As it was stored; undefined when its day has been forgotten in this very moment. */
  readonly event: CatalogueEvent | undefined;
  readonly outcome: DeadOutcome;
  readonly code: string;
  readonly detail: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly recordedAt: Date;
  readonly replayedAt: Date | undefined;
}

export interface DeadLetterFilter {
  readonly currentId?: string | undefined;
  readonly outcome?: DeadOutcome | undefined;
  readonly code?: string | undefined;
  /** Recorded at or after. */
  readonly from?: Date | undefined;
  /** Recorded before. */
  readonly to?: Date | undefined;
  /** Whether replayed ones, the others, or without it both. */
  readonly replayed?: boolean | undefined;
}

export interface DeadLetterCount {
  readonly outcome: DeadOutcome;
  readonly code: string;
  readonly events: number;
  /** Of these, how many were replayed. */
  readonly replayed: number;
}

type Row = typeof deadLetter.$inferSelect;
type Place = { readonly row: Row; readonly position: number };

/** The newest first. What is added meanwhile appears on no later page, and shifts none. */
export async function listDeadLetters(
  { db }: Pick<Admin, 'db'>,
  { first, after }: PageRequest,
  filter: DeadLetterFilter = {},
): Promise<Page<DeadLetter>> {
  checkFirst(first);
  const [id, position] = readCursor(after, 2) ?? [];
  const rows = await db
    .select()
    .from(deadLetter)
    .where(and(matches(filter), id === undefined ? undefined : lte(deadLetter.id, id)))
    .orderBy(desc(deadLetter.id))
    .limit(first + 2);
  // A row stands for all events of a delivery that died for one reason at one time.
  const places = rows
    .flatMap((row) => [...row.positions].sort((a, b) => a - b).map((at): Place => ({ row, position: at })))
    .filter((place) => place.row.id !== id || place.position > Number(position));
  const page = pageOf(places, { first, after }, (place) => writeCursor(place.row.id, place.position));
  const events = await readEvents(db, page.nodes);
  return withNodes(
    page,
    page.nodes.map((place, index) => viewOf(place, events[index])),
  );
}

/** How many events each code has, the most frequent first. */
export async function countDeadLetters(
  { db }: Pick<Admin, 'db'>,
  filter: DeadLetterFilter = {},
): Promise<readonly DeadLetterCount[]> {
  const events = sql<number>`sum(cardinality(${deadLetter.positions}))`.mapWith(Number);
  const replayed =
    sql<number>`coalesce(sum(cardinality(${deadLetter.positions})) filter (where ${deadLetter.replayedAt} is not null), 0)`.mapWith(
      Number,
    );
  return db
    .select({ outcome: deadLetter.outcome, code: deadLetter.code, events, replayed })
    .from(deadLetter)
    .where(matches(filter))
    .groupBy(deadLetter.outcome, deadLetter.code)
    .orderBy(desc(events), asc(deadLetter.outcome), asc(deadLetter.code));
}

export function matches({ currentId, outcome, code, from, to, replayed }: DeadLetterFilter): SQL | undefined {
  return and(
    currentId === undefined ? undefined : eq(deadLetter.currentId, rowId(currentId) ?? 0),
    outcome === undefined ? undefined : eq(deadLetter.outcome, outcome),
    code === undefined ? undefined : eq(deadLetter.code, code.replaceAll('\0', '\uFFFD')),
    from === undefined ? undefined : gte(deadLetter.recordedAt, boundOf(from)),
    to === undefined ? undefined : lt(deadLetter.recordedAt, boundOf(to)),
    replayed === undefined ? undefined : replayed ? isNotNull(deadLetter.replayedAt) : isNull(deadLetter.replayedAt),
  );
}

/** Reads each batch once, one after the other: a page may touch many. */
async function readEvents(db: Admin['db'], places: readonly Place[]): Promise<readonly (CatalogueEvent | undefined)[]> {
  const events: (CatalogueEvent | undefined)[] = places.map(() => undefined);
  const keys = new Map(places.map(({ row }) => [row.batchId, row]));
  for (const { storedOn, batchId } of keys.values()) {
    const [found] = await db
      .select({ content: batch.content })
      .from(batch)
      .where(and(eq(batch.storedOn, storedOn), eq(batch.id, batchId)));
    if (!found) continue;
    const stored = await unpackBatch(found.content);
    for (const [index, { row, position }] of places.entries())
      if (row.batchId === batchId) events[index] = stored[position];
  }
  return events;
}

function viewOf({ row, position }: Place, event: CatalogueEvent | undefined): DeadLetter {
  return {
    id: `${row.id}-${position}`,
    currentId: String(row.currentId),
    event,
    outcome: row.outcome,
    code: row.code,
    detail: row.detail,
    attempts: row.attempts,
    recordedAt: row.recordedAt,
    replayedAt: row.replayedAt ?? undefined,
  };
}
