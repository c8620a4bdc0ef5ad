import type { CatalogueEvent } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { allPending } from '../src/batch/outcome.js';
import { startAttempt } from '../src/delivery/attempt.js';
import type { AttemptContext } from '../src/delivery/attemptContext.js';
import { cutRequests } from '../src/delivery/cutRequests.js';
import { mapAlone } from '../src/delivery/mapAlone.js';
import { startMapping } from '../src/delivery/mapEvents.js';
import { createUserOrder } from '../src/delivery/userOrder.js';
import { event } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

const limits = {
  maxEvents: 1_000,
  maxBytes: 100_000,
  maxEventBytes: 10_000,
  wrapBytes: 2,
  maxConcurrentRequests: 1,
  budgets: [],
  routes: { profiles: { maxEvents: 40, maxEventBytes: 500, itemBytes: 30 }, heavy: { maxBytes: 3_000 } },
};

/** The route of an event is the first word of its id. */
const connector = {
  ...fakeConnector(createFakePartner()),
  label: 'Fake',
  rateLimit: () => limits,
  map: ({ id, properties }: CatalogueEvent) => {
    const [route = ''] = id.split('-');
    return { payload: properties['payload'], ...(route !== 'usual' && { route }) };
  },
};

function saying(route: string, n: number, user: number | undefined, text?: string): CatalogueEvent {
  const properties = { payload: { n, ...(text !== undefined && { text }) } };
  const ids = user === undefined ? {} : { external_user_id: `user-${user}` };
  return { ...event('good'), id: `${route}-${n}`, user: ids, properties } as unknown as CatalogueEvent;
}

function map(events: readonly CatalogueEvent[]) {
  const attempt = startAttempt(
    {
      storedOn: '2026-01-01',
      id: '1',
      batchId: '1',
      storedAtMs: 0,
      events: events.length,
      attempts: 1,
      outcomes: allPending(events.length),
      skipReasons: [],
      deferred: [],
      isReplay: false,
      replayId: null,
      traceSpans: null,
    },
    1,
  );
  const context = { connector, settings: {}, order: createUserOrder(Date.now).begin() };
  const mapping = startMapping(limits, context as unknown as AttemptContext);
  mapping.map(attempt, [{ count: events.length, bytes: 0, read: () => events }]);
  return { attempt, items: mapping.items().all };
}

describe('events of several routes', () => {
  it('are in requests of one route each, and each user’s events keep their order', () => {
    const events = Array.from({ length: 900 }, (_, n) =>
      saying(n % 3 === 0 ? 'profiles' : 'usual', n, n % 50 === 49 ? undefined : (n * 7) % 60),
    );
    const { items } = map(events);
    const requests = cutRequests(items, limits);
    expect(items.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual(events.map((_, n) => n));
    for (const request of requests) expect(new Set(request.map(({ route }) => route)).size).toBe(1);
    const positions = new Map<string, number[]>();
    for (const { user, position } of requests.flat())
      if (user !== undefined) positions.set(user, [...(positions.get(user) ?? []), position]);
    for (const each of positions.values()) expect(each).toEqual(each.toSorted((a, b) => a - b));
    for (const { payload, position } of items) expect(payload).toEqual({ n: position });
  });

  it('of different users pass each other, so that alternating ones fill requests', () => {
    const { items } = map(Array.from({ length: 400 }, (_, n) => saying(n % 2 === 0 ? 'usual' : 'profiles', n, n)));
    expect(cutRequests(items, limits).map((request) => [request[0]?.route, request.length])).toEqual([
      [undefined, 200],
      ...[40, 40, 40, 40, 40].map((count) => ['profiles', count]),
    ]);
    expect(new Set(items.map(({ chunk }) => chunk)).size).toBe(2 + 5);
  });

  it('of one user that alternate are as many requests as there are changes', () => {
    const { items } = map([0, 1, 2, 3].map((n) => saying(n % 2 === 0 ? 'usual' : 'profiles', n, 1)));
    expect(cutRequests(items, limits).map((request) => request.map(({ position }) => position))).toEqual([
      [0],
      [1],
      [2],
      [3],
    ]);
  });

  it('are within the bytes of their route, with those that are added to each item', () => {
    const text = 'x'.repeat(60);
    const { items } = map(Array.from({ length: 300 }, (_, n) => saying('profiles', n, n, text)));
    const cut = { ...limits, maxEvents: 1_000, routes: { profiles: { itemBytes: 30 } }, maxBytes: 5_000 };
    const requests = cutRequests(items, cut);
    const bytesOf = (request: typeof items): number =>
      2 + Buffer.byteLength(request.map(({ json }) => json).join(',')) + 30 * request.length;
    for (const request of requests) expect(bytesOf(request)).toBeLessThanOrEqual(5_000);
    expect(Math.max(...requests.map(bytesOf))).toBeGreaterThan(4_700);
    expect(requests.flat()).toHaveLength(300);
  });

  it('follow a limit that is lower than that of their route, and never one that is higher', () => {
    const { items } = map(Array.from({ length: 100 }, (_, n) => saying('heavy', n, n, 'x'.repeat(80))));
    const largest = (maxBytes: number): number =>
      Math.max(...cutRequests(items, { ...limits, maxBytes }).map((request) => request.length));
    expect(largest(100_000)).toBe(largest(3_000));
    expect(largest(1_000)).toBeLessThan(largest(3_000) / 2);
  });

  it('that are too large for their route are rejected by its limit', () => {
    const text = 'x'.repeat(600);
    const { attempt, items } = map([saying('profiles', 0, 1, text), saying('usual', 1, 2, text)]);
    expect(items.map(({ position }) => position)).toEqual([1]);
    expect(attempt.result().deadLetters).toMatchObject([{ code: 'event_too_large', positions: [0] }]);
    expect(mapAlone(connector, {}, saying('profiles', 0, 1, text))).toMatchObject({ code: 'event_too_large' });
    expect(mapAlone(connector, {}, saying('profiles', 0, 1))).toMatchObject({ item: { route: 'profiles' } });
  });
});
