import { isRecord, readRefused, refusalCodes, typeOfRefused } from '@currents/schema';
import type { Db, Queries } from '../admin/admin.js';
import { pageOf, QuestionRefused, readCursor, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { releasedAt, statesOf } from '../quarantine/state.js';
import { countEvents } from './countQuarantine.js';
import { dayOfDigits } from './datedId.js';
import { findPlaces } from './findPlaces.js';
import { maxCharacters, readBodies, type Body } from './quarantineBodies.js';
import type { QuarantineFilter } from './quarantineFilter.js';
import { codeOf, idOf, typeOf, type Place } from './quarantinePlace.js';

export type QuarantinedEvent = ReturnType<typeof viewOf>;

/**
 * The newest first, without purged ones. What is added meanwhile appears on no later page, and shifts none. A page is
 * shorter than asked for when its bodies are large.
 */
export async function listQuarantine(
  { db }: Db,
  request: PageRequest,
  filter: QuarantineFilter = {},
): Promise<Page<QuarantinedEvent>> {
  const [day, id, index] = readCursor(request, 3);
  const after = day === undefined || id === undefined ? undefined : { day: dayOfDigits(day), id, index: Number(index) };
  const places = await withinTime({ db }, (tx) => findPlaces(tx, filter, request.first + 1, after));
  const bodies = await readBodies(db, places.slice(0, request.first));
  const page = pageOf(
    places,
    { ...request, first: Math.max(1, bodies.length) },
    ({ row, index: at }) => writeCursor(row.storedOn.replaceAll('-', ''), row.id, at),
    () => withinTime({ db }, (tx) => countEvents(tx, filter)),
  );
  return { ...page, nodes: page.nodes.map((place, at) => viewOf(place, bodies[at])) };
}

/** The events at these places, as far as the characters of their bodies may be read at once. */
export async function readPlaces(db: Queries, places: readonly Place[]): Promise<readonly QuarantinedEvent[]> {
  const bodies = await readBodies(db, places);
  return bodies.map((body, index) => viewOf(places[index] as Place, body));
}

/** The quarantined events with these ids, in order; undefined for each that does not exist or is purged. */
export async function findQuarantinedEvents(
  { db }: Db,
  ids: readonly string[],
): Promise<readonly (QuarantinedEvent | undefined)[]> {
  const places = await findPlaces(db, { ids }, ids.length);
  const bodies = await readBodies(db, places);
  if (bodies.length < places.length)
    throw new QuestionRefused(`ids: expected events with at most ${maxCharacters} characters, got more; ask for fewer`);
  const views = new Map(places.map((place, index) => [idOf(place), viewOf(place, bodies[index])]));
  return ids.map((id) => views.get(id));
}

/** An event that the catalogue refused, as it came. */
function viewOf({ row, index }: Place, body: Body | undefined) {
  const code = codeOf({ row, index });
  const said = readRefused(body?.body ?? '');
  const eventId = isRecord(said) ? said['id'] : undefined;
  return {
    id: idOf({ row, index }),
    storedAt: row.storedAt,
    /** The ingest token that it came with. */
    tokenId: String(row.tokenId),
    /** Its place in the request, from 0. */
    position: row.positions.readUInt32BE(index * 4),
    /** As its sender set it, as far as it can be read. */
    eventId: typeof eventId === 'string' ? eventId : undefined,
    eventType: typeOf({ row, index }) ?? typeOfRefused(said),
    code,
    /** About the event itself; where nothing of it was kept, what the code means. */
    detail: body?.detail ?? (refusalCodes as Readonly<Record<string, string>>)[code] ?? code,
    /** The event's text; of a line that is not JSON, the line. */
    body: body?.body,
    bodyState: body?.state ?? 'unreadable',
    releasedAt: releasedAt(row, statesOf(row)[index] ?? 0),
  };
}
