import type { CatalogueEvent } from '@currents/schema';
import { and, eq, inArray } from 'drizzle-orm';
import type { Admin, Db, Queries } from '../admin/admin.js';
import {
  maxCounted,
  pageOf,
  QuestionRefused,
  readCursor,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { isTombstone } from '../batch/tombstone.js';
import { engineReasons } from '../currents/reasons.js';
import { batch, current } from '../db/schema.js';
import { datedId, dayOfDigits } from './datedId.js';
import { picksOf } from './deadLetterFilter.js';
import { eventsAt } from './eventsAt.js';
import {
  findSkips,
  firstSkipCursor,
  nextSkips,
  reasonAt,
  skippedPositions,
  type SkipCursor,
  type SkipFilter,
  type SkipRow,
} from './skipRows.js';

export interface SkippedEventFilter extends SkipFilter {
  /** Leaves out events that cannot be read. */
  readonly eventType?: string | undefined;
}

export type SkippedEvent = ReturnType<typeof viewOf>;

type Deps = Pick<Admin, 'db' | 'connectors'>;

/** What of an event is shown: both are undefined when it cannot be read, the id also when its user's data was deleted. */
interface Shown {
  readonly eventId: string | undefined;
  readonly eventType: string | undefined;
}
interface Place {
  readonly row: SkipRow;
  readonly position: number;
  readonly shown: Shown;
}

/** What one request may read. What remains is left to the next page. */
const maxSteps = 20;
const maxBatches = 200;
const maxContentBytes = 16 * 1024 * 1024;
const maxMs = 2_000;

/**
 * The events that a Current skipped, as far as their days are retained, the newest first. An event that was skipped again
 * in a replay is listed for each delivery, as it is counted. A page may have fewer events than asked for, even none,
 * although more follow: what one request reads is bounded.
 */
export async function listSkippedEvents(
  { db, connectors }: Deps,
  request: PageRequest,
  filter: SkippedEventFilter,
): Promise<Page<SkippedEvent>> {
  const [digits, id, position] = readCursor(request, 3);
  const after =
    digits === undefined || id === undefined ? undefined : { day: dayOfDigits(digits), id, position: Number(position) };
  const { places, next } = await walk({ db }, filter, { wanted: request.first + 1, after, readsEvents: true });
  const page = pageOf(
    places,
    request,
    ({ row, position: at }) => cursorText({ day: row.storedOn, id: row.id, position: at }),
    () => countSkipped({ db }, filter),
  );
  const describe = await descriptionsOf({ db, connectors }, page.nodes);
  return {
    ...page,
    nodes: page.nodes.map((place) => viewOf(place, describe)),
    nextCursor: page.nextCursor ?? (next && cursorText(next)),
  };
}

/** The skipped events with these ids, in order; undefined for each that does not exist. */
export async function findSkippedEvents(
  { db, connectors }: Deps,
  ids: readonly string[],
): Promise<readonly (SkippedEvent | undefined)[]> {
  const picks = picksOf(ids);
  const places: Place[] = [];
  for (const row of await findSkips(db, picks)) {
    const positions = picks
      .filter(({ storedOn, key, position }) => storedOn === row.storedOn && key === row.id && reasonAt(row, position))
      .map(({ position }) => position);
    if (positions.length > 0) places.push(...(await readPlaces(db, row, positions)).places);
  }
  const describe = await descriptionsOf({ db, connectors }, places);
  const views = new Map(places.map((place) => [idOf(place), viewOf(place, describe)]));
  return ids.map((id) => views.get(id));
}

/** How many events match, up to `maxCounted + 1`. Rejects with `QuestionRefused` when one request cannot count them. */
async function countSkipped({ db }: Db, filter: SkippedEventFilter): Promise<number> {
  const readsEvents = filter.eventType !== undefined;
  const { places, next } = await walk({ db }, filter, { wanted: maxCounted + 1, after: undefined, readsEvents });
  if (places.length <= maxCounted && next)
    throw new QuestionRefused(
      'totalCount: expected a list that one request can count, got one that needs more reading; restrict it by from and to, or see Current.counts',
    );
  return places.length;
}

interface WalkOptions {
  readonly wanted: number;
  readonly after: SkipCursor | undefined;
  /** Otherwise places show nothing of the event. */
  readonly readsEvents: boolean;
}

/** The next places that match; `next` is where to go on when there may be more than these. */
async function walk(
  { db }: Db,
  filter: SkippedEventFilter,
  { wanted, after, readsEvents }: WalkOptions,
): Promise<{ readonly places: readonly Place[]; readonly next: SkipCursor | undefined }> {
  const endMs = performance.now() + maxMs;
  const places: Place[] = [];
  let [batches, bytes] = [0, 0];
  return withinTime({ db }, async (tx) => {
    let from = after ?? (await firstSkipCursor(tx, filter));
    for (let step = 0; from && step < maxSteps && performance.now() < endMs; step++) {
      const { rows, next } = await nextSkips(tx, filter, from);
      for (const row of rows) {
        const isFirst = row.storedOn === from.day && row.id === from.id;
        const below = isFirst ? from.position : row.outcomes.length;
        const positions = skippedPositions(row, filter.reason).filter((position) => position < below);
        // Without a type, all of these are listed, so only as many events are read as the page has room for.
        const read = filter.eventType === undefined ? positions.slice(0, wanted - places.length) : positions;
        if (read.length === 0) continue;
        const found = readsEvents ? await readPlaces(tx, row, read) : { places: unread(row, read), bytes: 0 };
        for (const place of found.places)
          if (filter.eventType === undefined || place.shown.eventType === filter.eventType) {
            places.push(place);
            if (places.length === wanted) return { places, next: undefined };
          }
        batches += readsEvents ? 1 : 0;
        bytes += found.bytes;
        if (batches >= maxBatches || bytes >= maxContentBytes || performance.now() > endMs)
          return { places, next: { day: row.storedOn, id: row.id, position: 0 } };
      }
      from = next;
    }
    return { places, next: from };
  });
}

/** Reads the events at some positions of a delivery, and says how many bytes that took. */
async function readPlaces(db: Queries, row: SkipRow, positions: readonly number[]) {
  const [{ content } = { content: undefined }] = await db
    .select({ content: batch.content })
    .from(batch)
    .where(and(eq(batch.storedOn, row.storedOn), eq(batch.id, row.batchId)));
  const events = content ? await eventsAt(content, positions) : new Map<number, CatalogueEvent>();
  const places = positions.map((position): Place => ({ row, position, shown: shownOf(events.get(position)) }));
  return { places, bytes: content?.length ?? 0 };
}

function unread(row: SkipRow, positions: readonly number[]): readonly Place[] {
  return positions.map((position) => ({ row, position, shown: shownOf(undefined) }));
}

function shownOf(event: CatalogueEvent | undefined): Shown {
  return { eventId: event && !isTombstone(event) ? event.id : undefined, eventType: event?.event_type };
}

type Describe = (currentId: number, code: string) => string;

/** What codes mean at the destinations of the Currents of these places. */
async function descriptionsOf({ db, connectors }: Deps, places: readonly Place[]): Promise<Describe> {
  const ids = [...new Set(places.map(({ row }) => row.currentId))];
  const rows =
    ids.length === 0
      ? []
      : await db.select({ id: current.id, name: current.destination }).from(current).where(inArray(current.id, ids));
  const destinations = new Map(rows.map(({ id, name }) => [id, name]));
  return (currentId, code) => {
    const reasons = connectors.get(destinations.get(currentId) ?? '')?.reasons;
    return { ...engineReasons, ...reasons }[code] ?? 'This release of the hub has no description of the code.';
  };
}

/** An event that a Current skipped, and why. */
function viewOf(place: Place, describe: Describe) {
  const { row, position, shown } = place;
  const code = reasonAt(row, position) ?? '';
  return {
    id: idOf(place),
    currentId: String(row.currentId),
    ...shown,
    reason: { code, description: describe(row.currentId, code) },
    storedAt: row.storedAt,
  };
}

/** It names the day, the delivery, and the position in the batch, such as `20260131-12-0`. */
function idOf({ row, position }: Place): string {
  return `${datedId(row)}-${position}`;
}

function cursorText({ day, id, position }: SkipCursor): string {
  return writeCursor(day.replaceAll('-', ''), id, position);
}
