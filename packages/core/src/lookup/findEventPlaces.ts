import { fingerprint, isRecord, readRefused, type CatalogueEvent, type FingerprintKind } from '@currents/schema';
import { sql } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { boundOf, QuestionRefused } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { BatchUnreadable, openBatch, type SearchableSlice } from '../batch/batch.js';
import { openContent } from '../ledger/quarantineBodies.js';
import { runInSteps } from '../process/runInSteps.js';
import type { Source } from '../eventIndex/mergeFingerprints.js';
import { searchIndex, searchParts, type IndexPart } from './searchIndex.js';
import { storedDays } from './storedDays.js';

/** Which events to find: those with this id. */
export interface EventQuestion {
  readonly kind: FingerprintKind;
  readonly id: string;
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
}

/** Where a stored event is. The `position` counts from 0, in its batch or in its row of the quarantine. */
export interface PlaceKey {
  readonly storedOn: string;
  readonly source: Source;
  readonly rowId: string;
  readonly position: number;
}

export interface EventPlace extends PlaceKey {
  readonly storedAt: Date;
  /** The event itself if the catalogue has accepted it. */
  readonly event: CatalogueEvent | undefined;
  /** The ingest token that it came with; undefined for batches that a release before the index has stored. */
  readonly tokenId: number | undefined;
  /** Its place among the accepted events of its request, from 0; undefined where the token is, and for the quarantine. */
  readonly requestPosition: number | undefined;
}

interface FoundPlaces {
  readonly places: readonly EventPlace[];
  readonly hasMore: boolean;
  /** Rows that were read and unpacked. */
  readonly openedRows: number;
}

/** Rows that one look-up opens at most, each of which may hold thousands of events. */
export const maxOpenedRows = 20;
/** How long a look-up goes on looking, in milliseconds: one user may be in all rows of a day but in none of the asked hour. */
const maxSearchMs = 5_000;
const sources: readonly Source[] = ['batch', 'quarantine'];

/**
 * Finds stored events by an id: of the newest day first, its accepted events before its quarantined ones, each the last
 * first. Returns fewer than `limit` when they are in many rows. Opens about as many rows as have such events: of 10
 * million events, one look-up in a hundred opens a row in vain. Rejects with `QuestionRefused` when it finds none in time.
 */
export async function findEventPlaces(
  { db }: Db,
  question: EventQuestion,
  limit: number,
  after?: PlaceKey,
): Promise<FoundPlaces> {
  return withinTime({ db }, (tx) => find(tx, question, limit, after), { isSnapshot: true });
}

async function find(db: Queries, question: EventQuestion, limit: number, after?: PlaceKey): Promise<FoundPlaces> {
  const places: EventPlace[] = [];
  let opened = 0;
  const startedMs = performance.now();
  for await (const row of namedRows(db, question, after)) {
    const isOver = performance.now() - startedMs > maxSearchMs;
    if ((isOver || opened >= maxOpenedRows) && places.length > 0) return { places, hasMore: true, openedRows: opened };
    if (isOver) throw new QuestionRefused(`found none within ${maxSearchMs / 1000} s; ask for other hours`);
    const found = await openRow(db, { ...row, question });
    if (found === undefined) continue;
    opened++;
    for (const place of found) {
      if (after && isSameRow(place, after) && place.position >= after.position) continue;
      if (places.length === limit) return { places, hasMore: true, openedRows: opened };
      places.push(place);
    }
  }
  return { places, hasMore: false, openedRows: opened };
}

/** The newest day is searched alone, because most questions end there; then so many at once. */
const daysAtOnce = 8;

/** The rows that the index names, in the order of the answer. */
async function* namedRows(db: Queries, question: EventQuestion, after?: PlaceKey) {
  const sought = fingerprint(question.kind, question.id);
  const days = await storedDays(db, question);
  for (let at = 0, count = 1; at < days.length; at += count, count = daysAtOnce) {
    const parts = days
      .slice(at, at + count)
      .flatMap((day) => sources.map((source) => ({ day, source })))
      .filter((part) => !after || !isPassed(part, after))
      .map((part) => ({ ...part, before: after && isOfPart(after, part) ? Number(after.rowId) + 1 : undefined }));
    const found = await searchParts(db, parts, { fingerprint: sought, limit: maxOpenedRows });
    for (const [index, { day, source }] of parts.entries())
      for (let ids = found[index] ?? []; ;) {
        for (const id of ids) yield { day, source, id };
        if (ids.length < maxOpenedRows) break;
        ids = await searchIndex(db, { day, source, before: ids.at(-1), fingerprint: sought, limit: maxOpenedRows });
      }
  }
}

function isOfPart({ storedOn, source }: PlaceKey, part: IndexPart): boolean {
  return storedOn === part.day && source === part.source;
}

function isPassed({ day, source }: IndexPart, after: PlaceKey): boolean {
  return day > after.storedOn || (day === after.storedOn && sources.indexOf(source) < sources.indexOf(after.source));
}

function isSameRow(place: PlaceKey, after: PlaceKey): boolean {
  return place.storedOn === after.storedOn && place.source === after.source && place.rowId === after.rowId;
}

interface RowQuestion {
  readonly day: string;
  readonly source: Source;
  readonly id: number;
  readonly question: EventQuestion;
}

/** The events of a row that have the id, the last first; undefined when the row was stored at another time, or is gone. */
async function openRow(db: Queries, row: RowQuestion): Promise<readonly EventPlace[] | undefined> {
  const { from, to } = row.question;
  const [earliest, latest] = [boundOf(from ?? new Date(0)), boundOf(to ?? new Date(8.64e15))];
  const time = sql`stored_at >= ${earliest.toISOString()}::timestamptz and stored_at < ${latest.toISOString()}::timestamptz`;
  return row.source === 'batch' ? openBatchRow(db, row, time) : openQuarantineRow(db, row, time);
}

async function openBatchRow(
  db: Queries,
  { day, source, id, question }: RowQuestion,
  time: ReturnType<typeof sql>,
): Promise<readonly EventPlace[] | undefined> {
  const [row] = await db.execute<{
    content: Buffer;
    storedAt: string | Date;
    tokenIds: readonly number[] | null;
    requestEvents: readonly number[] | null;
  }>(sql`
    select content, stored_at as "storedAt", token_ids as "tokenIds", request_events as "requestEvents" from batch
    where stored_on = ${day} and id = ${id} and ${time}`);
  if (!row) return undefined;
  const found = await runInSteps(matchingEvents(await slicesOf(row.content), question));
  return found.reverse().map(({ position, event }) => ({
    storedOn: day,
    source,
    rowId: String(id),
    position,
    event,
    storedAt: new Date(row.storedAt),
    ...requestOf(row.tokenIds, row.requestEvents, position),
  }));
}

async function slicesOf(content: Buffer): Promise<readonly SearchableSlice[]> {
  try {
    return await openBatch(content);
  } catch (error) {
    if (error instanceof BatchUnreadable) return [];
    throw error;
  }
}

/**
 * Parsing a slice takes about a millisecond, so only those are parsed whose text may have the id. What cannot be read has no
 * event that is looked for.
 */
function* matchingEvents(slices: readonly SearchableSlice[], question: EventQuestion) {
  const text = plainBytesOf(question.id);
  const found: { readonly position: number; readonly event: CatalogueEvent }[] = [];
  let start = 0;
  for (const slice of slices) {
    try {
      if (!text || slice.has(text) || slice.has(escaped))
        for (const [index, event] of slice.read().entries())
          if (hasId(event, question)) found.push({ position: start + index, event });
    } catch (error) {
      if (!(error instanceof BatchUnreadable)) throw error;
    }
    start += slice.count;
    yield undefined;
  }
  return found;
}

/** Begins the only escape that a character of plain bytes may have in JSON. */
const escaped = Buffer.from('\\u');

/** The bytes of an id in JSON; undefined where there are several ways to write it, other than by `\u`. */
function plainBytesOf(id: string): Buffer | undefined {
  return /^[ -~]+$/.test(id) && !/["\\/]/.test(id) ? Buffer.from(id, 'latin1') : undefined;
}

export function requestOf(
  tokenIds: readonly number[] | null,
  requestEvents: readonly number[] | null,
  position: number,
) {
  let start = 0;
  for (const [index, count] of (requestEvents ?? []).entries()) {
    if (position < start + count)
      return { tokenId: tokenIds?.[index] ?? tokenIds?.[0], requestPosition: position - start };
    start += count;
  }
  return { tokenId: undefined, requestPosition: undefined };
}

async function openQuarantineRow(
  db: Queries,
  { day, source, id, question }: RowQuestion,
  time: ReturnType<typeof sql>,
): Promise<readonly EventPlace[] | undefined> {
  const [row] = await db.execute<{ content: Buffer; storedAt: string | Date; tokenId: number; events: number }>(sql`
    select content, stored_at as "storedAt", token_id as "tokenId", events from quarantine_batch
    where stored_on = ${day} and id = ${id} and ${time}`);
  if (!row) return undefined;
  const body = await openContent(row.content, row.events);
  const places: EventPlace[] = [];
  for (let position = row.events - 1; position >= 0; position--) {
    if (!hasId(readRefused(body(position).body ?? ''), question)) continue;
    const { tokenId } = row;
    const place = { storedOn: day, source, rowId: String(id), position, storedAt: new Date(row.storedAt), tokenId };
    places.push({ ...place, event: undefined, requestPosition: undefined });
  }
  return places;
}

const userFields = { externalUserId: 'external_user_id', userId: 'user_id', deviceId: 'device_id' } as const;

/** Whether an event has the id that is looked for; a value that is no event has none. */
export function hasId(value: unknown, { kind, id }: Pick<EventQuestion, 'kind' | 'id'>): boolean {
  if (!isRecord(value)) return false;
  if (kind === 'eventId') return value['id'] === id;
  const { user } = value;
  return isRecord(user) && user[userFields[kind]] === id;
}
