import { fingerprintSeeds, type CatalogueEvent, type FingerprintKind } from '@currents/schema';
import { sql } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { checkFirst, QuestionRefused, readCursor, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import { withinTime } from '../admin/withinTime.js';
import { datedId } from '../ledger/datedId.js';
import { unsearchedDays } from './backfillIndex.js';
import { findEventPlaces, type EventPlace, type EventQuestion, type PlaceKey } from './findEventPlaces.js';
import { readDeliveries, type EventDelivery } from './readDeliveries.js';

/** Which events to find: those with the only id that is given. */
export interface EventFilter extends Readonly<Partial<Record<FingerprintKind, string | undefined>>> {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** A stored event, and what has become of it. */
export interface TracedEvent {
  readonly kind: 'StoredEvent';
  readonly storedAt: Date;
  /** As the catalogue has accepted it; undefined for a quarantined event. */
  readonly event: CatalogueEvent | undefined;
  readonly tokenId: string | undefined;
  readonly requestPosition: number | undefined;
  /** Undefined for an accepted event. */
  readonly quarantinedEventId: string | undefined;
  readonly deliveries: readonly EventDelivery[];
  /** Currents that were there when the event was stored, and have not selected it. */
  readonly unselectedCurrentIds: readonly string[];
}

export interface TracedPage extends Omit<Page<TracedEvent>, 'count'> {
  /** Days that cannot be searched yet, the newest first: see `unsearchedDays`. */
  readonly unsearchedDays: readonly string[];
}

export type EventNotFound = Problem<'EventNotFound', { readonly unsearchedDays: readonly string[] }>;

/** Currents that are named for an event that they have not selected. */
const maxUnselected = 100;

/**
 * Finds stored events by an id, and tells of each what has become of it: of the newest day first, its accepted events before
 * its quarantined ones, each the last first. A page may be shorter than asked for although more follows. Rejects with
 * `QuestionRefused` unless exactly one id is given.
 */
export async function traceEvents({ db }: Db, request: PageRequest, filter: EventFilter): Promise<TracedPage> {
  checkFirst(request.first);
  const { places, hasMore } = await findEventPlaces({ db }, questionOf(filter), request.first, placeOf(request));
  const [nodes, days] = await withinTime(
    { db },
    async (tx) => [await trace(tx, places), await unsearchedDays(tx)] as const,
  );
  const cursors = places.map((place) =>
    writeCursor(place.storedOn.replaceAll('-', ''), sources.indexOf(place.source), place.rowId, place.position),
  );
  return {
    nodes,
    cursors,
    nextCursor: hasMore ? cursors.at(-1) : undefined,
    hasPreviousPage: request.after !== undefined,
    unsearchedDays: days,
  };
}

/** Of the events with an id the newest that was accepted; if none of the last twenty was, the newest one. */
export async function traceEvent({ db }: Db, eventId: string): Promise<TracedEvent | EventNotFound> {
  const page = await traceEvents({ db }, { first: 20 }, { eventId });
  const [newest] = page.nodes;
  if (newest) return page.nodes.find(({ event }) => event !== undefined) ?? newest;
  const message =
    page.unsearchedDays.length > 0
      ? `no event with this id was found; ${page.unsearchedDays.length} days are not searched yet`
      : 'no event with this id is stored';
  return { kind: 'EventNotFound', message, unsearchedDays: page.unsearchedDays };
}

const sources = ['batch', 'quarantine'] as const;

function questionOf({ from, to, ...ids }: EventFilter): EventQuestion {
  const kinds = Object.keys(fingerprintSeeds) as FingerprintKind[];
  const [kind, ...others] = kinds.filter((each) => ids[each] !== undefined);
  const id = kind && ids[kind];
  if (kind === undefined || others.length > 0 || !id)
    throw new QuestionRefused(
      `filter: expected exactly one of ${kinds.join(', ')}, and not empty, got ${kind ? [kind, ...others].join(', ') : 'none'}`,
    );
  return { kind, id, from, to };
}

function placeOf(request: PageRequest): PlaceKey | undefined {
  const [day, source, rowId, position] = readCursor(request, 4);
  if (day === undefined || rowId === undefined) return undefined;
  return {
    storedOn: day.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'),
    source: sources[Number(source)] ?? 'batch',
    rowId,
    position: Number(position),
  };
}

async function trace(db: Queries, places: readonly EventPlace[]): Promise<readonly TracedEvent[]> {
  const accepted = places.filter(({ source }) => source === 'batch');
  const deliveries = await readDeliveries(db, accepted);
  const byPlace = new Map(accepted.map((place, index) => [place, deliveries[index] ?? []]));
  const currents = accepted.length > 0 ? await launchedCurrents(db) : [];
  return places.map((place) => {
    const { storedAt, event, tokenId, requestPosition } = place;
    const isQuarantined = place.source === 'quarantine';
    const passed = byPlace.get(place) ?? [];
    const selecting = new Set(passed.map(({ currentId }) => currentId));
    const unselected = isQuarantined
      ? []
      : currents.filter(({ id, createdAtMs }) => createdAtMs <= storedAt.getTime() && !selecting.has(id));
    return {
      kind: 'StoredEvent',
      storedAt,
      event,
      tokenId: tokenId === undefined ? undefined : String(tokenId),
      requestPosition,
      quarantinedEventId: isQuarantined
        ? `${datedId({ storedOn: place.storedOn, id: place.rowId })}-${place.position}`
        : undefined,
      deliveries: passed,
      unselectedCurrentIds: unselected.slice(0, maxUnselected).map(({ id }) => id),
    };
  });
}

async function launchedCurrents(db: Queries) {
  const rows = await db.execute<{ id: number; createdAtMs: number }>(sql`
    select id, extract(epoch from created_at)::float8 * 1000 as "createdAtMs" from current
    where state in ('live', 'paused', 'blocked') order by id limit 1000`);
  return rows.map(({ id, createdAtMs }) => ({ id: String(id), createdAtMs }));
}
