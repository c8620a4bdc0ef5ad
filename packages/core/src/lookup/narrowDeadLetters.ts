import { and, desc, eq, isNull, or, sql, type SQL } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { QuestionRefused, rowId, storable } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { batch, deadLetter } from '../db/schema.js';
import { matches, maxPicks, type DeadLetterFilter } from '../ledger/deadLetterFilter.js';
import { idOf } from '../ledger/deadLetters.js';
import { createReadBudget, openCandidates } from './candidateRows.js';
import { hasNames, isNamed, type EventNames } from './eventNames.js';
import { readEventsAt } from './eventsAt.js';
import { requestOf } from './findEventPlaces.js';

/** A filter of dead letters with what only their batches tell. */
export interface DeadLetterSearch extends DeadLetterFilter, EventNames {
  /** The database key of the ingest token that the event came with. */
  readonly tokenId?: string | undefined;
}

type Row = Awaited<ReturnType<typeof readPage>>[number];

/**
 * Turns a search into a filter by ids, which can be stored with a job, where no id of a user belongs. Finds up to `maxPicks`
 * dead letters; throws `QuestionRefused` for more, or when too much would have to be read. Batches from before there was
 * an index of events do not tell their tokens.
 */
export async function narrowDeadLetters({ db }: Db, search: DeadLetterSearch): Promise<DeadLetterFilter> {
  const { eventIds: _eventIds, users: _users, tokenId, ...filter } = search;
  const isByName = hasNames(search);
  if (!isByName && tokenId === undefined) return filter;
  const ids = await withinTime({ db }, (tx) => findIds(tx, search), { isSnapshot: true });
  // A filter with names has read the events, and with them the types that their rows may lack.
  return { ...filter, ids, ...(isByName && { eventType: undefined }) };
}

async function findIds(tx: Queries, search: DeadLetterSearch): Promise<readonly string[]> {
  const given = search.ids && new Set(search.ids);
  const ids: string[] = [];
  const budget = createReadBudget();
  const candidates = hasNames(search) ? await openCandidates(tx, 'batch', search) : undefined;
  for (const day of await daysOf(tx, search)) {
    const batches = await candidates?.(day);
    if (batches?.size === 0) continue;
    const isCandidate = batches && sql`${deadLetter.batchId} = any(${`{${[...batches].join(',')}}`}::bigint[])`;
    for await (const rows of pagesOf(tx, search, and(eq(deadLetter.storedOn, day), isCandidate))) {
      budget.spend({ rows: rows.length });
      for (const some of byBatch(rows)) {
        const isWanted = candidates ? await readWanted(tx, search, some, budget) : () => true;
        for (const row of some)
          for (const position of ofToken(row, search)) {
            const id = idOf({ row, position });
            if ((given?.has(id) ?? true) && isWanted(position)) ids.push(id);
            if (ids.length > maxPicks) throw tooMany();
          }
      }
    }
  }
  return ids;
}

/** Reads the events of rows of one batch, and tells at which positions one has the names, and the type. */
async function readWanted(
  tx: Queries,
  search: DeadLetterSearch,
  rows: readonly Row[],
  budget: ReturnType<typeof createReadBudget>,
): Promise<(position: number) => boolean> {
  const [first] = rows;
  if (!first) return () => false;
  budget.spend({ bytes: first.bytes });
  const positions = rows.flatMap((row) => ofToken(row, search));
  const events = await readEventsAt(tx, { ...first, positions });
  return (position) => {
    const event = events.get(position);
    return isNamed(event, search) && (search.eventType === undefined || event?.event_type === search.eventType);
  };
}

function ofToken({ positions, tokenIds, requestEvents }: Row, { tokenId }: DeadLetterSearch): readonly number[] {
  if (tokenId === undefined) return positions;
  const wanted = rowId(tokenId);
  return positions.filter((position) => requestOf(tokenIds, requestEvents, position).tokenId === wanted);
}

function byBatch(rows: readonly Row[]): Iterable<readonly Row[]> {
  const batches = new Map<string, Row[]>();
  for (const row of rows) {
    const known = batches.get(row.batchId);
    if (known) known.push(row);
    else batches.set(row.batchId, [row]);
  }
  return batches.values();
}

async function daysOf(tx: Queries, search: DeadLetterSearch): Promise<readonly string[]> {
  const { storedOn } = deadLetter;
  const rows = await tx.selectDistinct({ storedOn }).from(deadLetter).where(rowMatches(search)).orderBy(desc(storedOn));
  return rows.map((row) => row.storedOn);
}

/** Each row may have as many positions as its batch has events. */
const pageRows = 100;

async function* pagesOf(tx: Queries, search: DeadLetterSearch, where: SQL | undefined) {
  for (let last: Row | undefined; ;) {
    const isNext =
      last && sql`(${deadLetter.batchId}, ${deadLetter.id}) < (${last.batchId}::bigint, ${last.id}::bigint)`;
    const rows = await readPage(tx, and(rowMatches(search), hasToken(search), where, isNext));
    yield rows;
    if (rows.length < pageRows) return;
    last = rows.at(-1);
  }
}

function readPage(tx: Queries, where: SQL | undefined) {
  const { id, splitFrom, storedOn, batchId, positions } = deadLetter;
  const { tokenIds, requestEvents } = batch;
  const bytes = sql<number>`octet_length(${batch.content})`.mapWith(Number);
  return tx
    .select({ id, splitFrom, storedOn, batchId, positions, tokenIds, requestEvents, bytes })
    .from(deadLetter)
    .innerJoin(batch, and(eq(batch.storedOn, storedOn), eq(batch.id, batchId)))
    .where(where)
    .orderBy(desc(batchId), desc(id))
    .limit(pageRows);
}

/** Of new rows the types are not read yet. */
function rowMatches({ eventType, ...search }: DeadLetterSearch): SQL | undefined {
  if (eventType === undefined) return matches(search);
  return and(matches(search), or(eq(deadLetter.eventType, storable(eventType)), isNull(deadLetter.eventType)));
}

function hasToken({ tokenId }: DeadLetterSearch): SQL | undefined {
  return tokenId === undefined ? undefined : sql`${rowId(tokenId) ?? 0}::int = any(${batch.tokenIds})`;
}

function tooMany(): QuestionRefused {
  return new QuestionRefused(
    `filter: expected one that at most ${maxPicks} dead letters match, got more; restrict it, such as by from and to, code or eventType`,
  );
}
