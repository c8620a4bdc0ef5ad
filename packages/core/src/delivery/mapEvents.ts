import type { Connector, RateLimit } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { BatchUnreadable, type BatchSlice } from '../batch/batch.js';
import { isTombstone, userDeleted } from '../batch/tombstone.js';
import { noChecks, type BudgetKeys } from '../budget/sampling.js';
import type { Attempt } from './attempt.js';
import { errorKind, type AttemptContext, type UnreadableDelivery } from './attemptContext.js';
import { DeliveryItem } from './deliveryItem.js';
import { postpone } from './postpone.js';
import { limitsOf } from './routeLimits.js';
import { createRouteLists } from './routeLists.js';
import { SerializedChunk } from './serializedChunk.js';
import { userOf } from './userOrder.js';

type Limits = Pick<RateLimit<unknown>, 'maxEvents' | 'maxEventBytes' | 'budgets' | 'routes'>;

/** An event that is mapped and not yet serialized. */
interface MappedEvent {
  readonly id: string;
  readonly payload: unknown;
  readonly keys: BudgetKeys;
  /** How many events it stands for in the counts of its keys. */
  readonly drawn: number;
  readonly attempt: Attempt;
  readonly position: number;
  readonly user: string | undefined;
}

export interface OrderedItems {
  readonly all: readonly DeliveryItem[];
  /** So many of them, the first, were not behind others when they were mapped. */
  readonly frontCount: number;
}

/** The chunks of one route. */
interface Chunks {
  /** Not serialized yet. */
  mapped: MappedEvent[];
  readonly items: DeliveryItem[];
  readonly route: string | undefined;
  readonly maxEvents: number;
  readonly maxEventBytes: number;
}

const noKeys: BudgetKeys = [];

/** Serializing this many payloads together makes each cheap; more would outlive the young generation of the heap. */
const maxChunkEvents = 100;

/** Within one mapping, an id that occurs again is a duplicate. */
export function startMapping(limits: Limits, context: AttemptContext) {
  const { connector, settings, order } = context;
  const { budgets, routes } = limits;
  const latestTime = latestTimeOf(connector, () => context.now());
  const ids = new Set<string>();
  const front = createRouteLists(startChunks);
  /** Events behind others of their user in flight. They are sent later, so they do not share chunks with those before. */
  const behind = createRouteLists(startChunks);
  const unreadable: UnreadableDelivery[] = [];
  const sampler = context.budgets?.startSampling(budgets);
  let lastKeys = noKeys;

  function startChunks(route: string | undefined): Chunks {
    const { maxEvents, maxEventBytes } = limitsOf(limits, route);
    return { mapped: [], items: [], route, maxEvents: Math.min(maxChunkEvents, maxEvents), maxEventBytes };
  }

  /** Neighbouring events often have the same keys; then they share one list. */
  function keysOf(payload: unknown): BudgetKeys {
    const keys: (string | undefined)[] = [];
    let isAsLast = true;
    for (const budget of budgets) {
      const key = budget.key(payload);
      isAsLast &&= key === lastKeys[keys.length];
      keys.push(key);
    }
    return isAsLast ? lastKeys : (lastKeys = keys);
  }

  function mapEvent(attempt: Attempt, position: number, event: CatalogueEvent): void {
    const { id } = event;
    if (isTombstone(event)) return attempt.skip(position, userDeleted);
    if (ids.has(id)) return attempt.skip(position, 'duplicate');
    let mapped;
    const drawn = sampler ? sampler.drawWeight(!attempt.turns.has(position)) : 0;
    let keys = noKeys;
    try {
      mapped = connector.map(event, settings, attempt.delivery.isReplay);
      if (drawn > 0 && 'payload' in mapped) keys = keysOf(mapped.payload);
    } catch (error) {
      return rejectBroken(attempt, position, error);
    }
    if ('skip' in mapped) return attempt.skip(position, mapped.skip);
    if ('reject' in mapped)
      return attempt.deadLetter(position, { outcome: 'rejected', code: mapped.reject, detail: mapped.detail });
    if (event.time > latestTime)
      return attempt.deadLetter(position, { outcome: 'rejected', ...tooFarAhead(connector) });
    ids.add(id);
    const user = userOf(event);
    const lists = user !== undefined && order.isBehind(user, attempt.age) ? behind : front;
    const chunks = routes === undefined ? lists.usual : lists.listFor(mapped.route, user);
    chunks.mapped.push({ id, payload: mapped.payload, keys, drawn, attempt, position, user });
    if (chunks.mapped.length >= chunks.maxEvents) endChunk(chunks);
  }

  function endChunk(chunks: Chunks): void {
    const { mapped, items, route, maxEventBytes } = chunks;
    if (mapped.length === 0) return;
    const chunk = tryToSerialize(mapped, route);
    if (chunk && chunk.json.length <= maxEventBytes) addItems(mapped, chunk, items);
    else for (const each of mapped) serializeAlone(each, chunks);
    chunks.mapped = [];
  }

  /** Isolates an event that is too large or cannot be serialized from the rest of its chunk. */
  function serializeAlone(mapped: MappedEvent, { items, route, maxEventBytes }: Chunks): void {
    const { attempt, position } = mapped;
    let chunk;
    try {
      chunk = serialize([mapped], route);
    } catch (error) {
      return rejectBroken(attempt, position, error);
    }
    if (chunk.json.length <= maxEventBytes) return addItems([mapped], chunk, items);
    attempt.deadLetter(position, {
      outcome: 'rejected',
      ...eventTooLarge(connector, maxEventBytes, chunk.json.length),
    });
  }

  function addItems(serialized: readonly MappedEvent[], chunk: SerializedChunk, items: DeliveryItem[]): void {
    const bytes = chunk.json.length / serialized.length;
    for (let index = 0; index < serialized.length; index++) {
      const { id, keys, drawn, attempt, position, user } = serialized[index] as MappedEvent;
      const checks = sampler && drawn > 0 ? sampler.count(keys, drawn, bytes, !attempt.turns.has(position)) : noChecks;
      items.push(new DeliveryItem(id, chunk, index, checks, attempt, position, user));
    }
  }

  function itemsOf({ usual, all }: typeof front): DeliveryItem[] {
    const lists = all();
    for (const chunks of lists) endChunk(chunks);
    return lists.length === 1 ? usual.items : lists.flatMap(({ items }) => items);
  }

  /** The other slices of a batch, and the other batches of an attempt, go on. */
  function resolveUnreadable(attempt: Attempt, positions: readonly number[], error: BatchUnreadable): void {
    unreadable.push({ delivery: attempt.delivery, error, events: positions.length });
    // One time for all: events that wait for the same moment are one deferral.
    const nowMs = context.now();
    for (const position of positions) resolveUnreadableEvent(attempt, position, error, context, nowMs);
  }

  function readSlice(slice: BatchSlice): readonly CatalogueEvent[] | BatchUnreadable {
    try {
      return slice.read();
    } catch (error) {
      if (error instanceof BatchUnreadable) return error;
      throw error;
    }
  }

  return {
    /** Maps the due events of one delivery. Resolves those in `attempt` that are skipped, rejected or cannot be read. */
    map(attempt: Attempt, slices: readonly BatchSlice[] | BatchUnreadable): void {
      const { due } = attempt;
      if (slices instanceof BatchUnreadable) return resolveUnreadable(attempt, due, slices);
      let next = 0;
      let first = 0;
      for (const slice of slices) {
        const end = first + slice.count;
        // A slice without due events is not parsed.
        const events = next < due.length && (due[next] as number) < end ? readSlice(slice) : [];
        if (events instanceof BatchUnreadable) {
          const start = next;
          while (next < due.length && (due[next] as number) < end) next++;
          resolveUnreadable(attempt, due.slice(start, next), events);
        }
        for (; next < due.length && (due[next] as number) < end; next++) {
          const position = due[next] as number;
          mapEvent(attempt, position, (events as readonly CatalogueEvent[])[position - first] as CatalogueEvent);
        }
        first = end;
      }
    },
    /** The items to send, of all deliveries mapped, in the order of each user: those behind others come last. */
    items(): OrderedItems {
      const ended = itemsOf(front);
      const later = itemsOf(behind);
      return { all: later.length > 0 ? ended.concat(later) : ended, frontCount: ended.length };
    },
    /** The deliveries, so far, with events that could not be read. */
    unreadable: unreadable as readonly UnreadableDelivery[],
  };
}

function tryToSerialize(mapped: readonly MappedEvent[], route: string | undefined): SerializedChunk | undefined {
  try {
    return serialize(mapped, route);
  } catch {
    return undefined;
  }
}

function serialize(mapped: readonly MappedEvent[], route: string | undefined): SerializedChunk {
  return new SerializedChunk(
    mapped.map(({ id }) => id),
    mapped.map(({ payload }) => payload),
    route,
  );
}

/**
 * A dead letter loses nothing: its batch is kept for the retention period, and the letter can be replayed once the bytes
 * are restored. What a later release has stored waits for a worker of that release, as during a rolling upgrade.
 */
function resolveUnreadableEvent(
  attempt: Attempt,
  position: number,
  { reason, message }: BatchUnreadable,
  context: AttemptContext,
  nowMs: number,
): void {
  const failure = { code: 'batch_unreadable', detail: `the event cannot be read: ${message}` };
  if (reason === 'newer') return postpone({ attempt, position, user: undefined }, failure, context, nowMs);
  attempt.deadLetter(position, { outcome: 'rejected', ...failure });
}

function rejectBroken(attempt: Attempt, position: number, error: unknown): void {
  attempt.deadLetter(position, { outcome: 'rejected', ...brokenMapping(error) });
}

/** Why an event is rejected for which `map` throws, or whose payload cannot be serialized. */
export function brokenMapping(error: unknown): { readonly code: string; readonly detail: string } {
  return { code: 'map_threw', detail: `the connector failed on this event: ${errorKind(error)}` };
}

/** The latest time in seconds that an event may have. */
export function latestTimeOf({ maxAheadMs }: Pick<Connector, 'maxAheadMs'>, now: () => number): number {
  return maxAheadMs === undefined ? Infinity : (now() + maxAheadMs) / 1000;
}

/** Why an event is rejected that is dated later than the destination accepts. */
export function tooFarAhead({ label, maxAheadMs = 0 }: Pick<Connector, 'label' | 'maxAheadMs'>): {
  readonly code: string;
  readonly detail: string;
} {
  const hours = maxAheadMs / 3_600_000;
  return {
    code: 'too_far_ahead',
    detail: `time: expected at most ${hours} h in the future for ${label}, got a later time`,
  };
}

/** Why an event is rejected whose JSON is larger than the destination accepts. */
export function eventTooLarge(
  { label }: Pick<Connector, 'label'>,
  maxEventBytes: number,
  bytes: number,
): { readonly code: string; readonly detail: string } {
  return {
    code: 'event_too_large',
    detail: `${label} takes events of up to ${maxEventBytes} bytes; this one has ${bytes}`,
  };
}
