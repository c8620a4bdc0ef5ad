import type { CatalogueEvent } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import type { BatchSlice } from '../src/batch/batch.js';
import { tombstoneOf } from '../src/batch/tombstone.js';
import { cutRequests } from '../src/delivery/cutRequests.js';
import type { AttemptContext } from '../src/delivery/attemptContext.js';
import { mapAlone } from '../src/delivery/mapAlone.js';
import { startMapping } from '../src/delivery/mapEvents.js';
import { allPending, Outcome } from '../src/batch/outcome.js';
import { startAttempt } from '../src/delivery/attempt.js';
import { createUserOrder } from '../src/delivery/userOrder.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event } from './deliveryHarness.js';

const limits = { maxEvents: 1_000, maxBytes: 1_000_000, maxEventBytes: 10_000, wrapBytes: 2, budgets: [] };

/** A connector whose payload is a field of the event. */
const line = {
  connector: {
    ...fakeConnector(createFakePartner()),
    map: ({ properties }: CatalogueEvent) => ({ payload: properties['payload'] }),
  },
  settings: {},
  order: createUserOrder(Date.now).begin(),
} as unknown as AttemptContext;

const saying = (payload: unknown): CatalogueEvent =>
  ({ ...event('good'), properties: { payload } }) as unknown as CatalogueEvent;

function trackOf(count: number, outcomes = allPending(count), id = 1) {
  return startAttempt(
    {
      storedOn: '2026-01-01',
      id: String(id),
      batchId: '1',
      storedAtMs: 0,
      events: count,
      attempts: 1,
      outcomes,
      skipReasons: [],
      deferred: [],
      isReplay: false,
      replayId: null,
      traceSpans: null,
    },
    1,
  );
}

function segmentsOf(...lists: CatalogueEvent[][]): BatchSlice[] {
  return lists.map((events) => ({ count: events.length, bytes: 0, read: () => events }));
}

describe('events', () => {
  it('are written in chunks, and each item has its own payload and text', () => {
    const track = trackOf(250);
    const mapping = startMapping(limits, line);
    mapping.map(track, segmentsOf(Array.from({ length: 250 }, (_, n) => saying({ n, word: 'ü' }))));
    const items = mapping.items().all;
    expect(new Set(items.map(({ chunk }) => chunk)).size).toBe(3);
    expect(items.map(({ payload }) => payload)).toStrictEqual(items.map((_, n) => ({ n, word: 'ü' })));
    expect(items[7]?.json).toBe('{"n":7,"word":"ü"}');
    expect(items.reduce((sum, { bytes }) => sum + bytes, 0)).toBeCloseTo(
      Buffer.byteLength(items.map(({ json }) => json).join(',')) - 247 + 250 - 3,
      -1,
    );
  });

  it.each([
    ['is too large', 'x'.repeat(20_000), 'event_too_large'],
    ['cannot be written', { n: 1n }, 'map_threw'],
  ])('are all mapped except one that %s', (_name, payload, code) => {
    const track = trackOf(100);
    const mapping = startMapping(limits, line);
    mapping.map(track, segmentsOf(Array.from({ length: 100 }, (_, n) => saying(n === 42 ? payload : { n }))));
    expect(mapping.items().all.map(({ position }) => position)).toStrictEqual(
      Array.from({ length: 100 }, (_, n) => n).filter((n) => n !== 42),
    );
    expect(track.result().deadLetters).toMatchObject([{ code, positions: [42] }]);
  });

  it('of a user whose data was deleted are skipped as such, each of them, and never reach the connector', () => {
    const track = trackOf(3);
    const mapping = startMapping(limits, line);
    mapping.map(track, segmentsOf([tombstoneOf(saying('a')), saying('kept'), tombstoneOf(saying('b'))]));
    expect(mapping.items().all.map(({ position }) => position)).toEqual([1]);
    expect([...track.result().outcomes]).toEqual([Outcome.skipped, Outcome.pending, Outcome.skipped]);
    expect(track.result().skipReasons).toEqual(['user_deleted']);
  });

  it('behind others of their user come last and in chunks of their own, so that the others stay together', () => {
    const ofUsers = (count: number, users: number): CatalogueEvent[] =>
      Array.from({ length: count }, (_, n) => ({
        ...saying({ n }),
        id: `event-${count}-${n}`,
        user: { external_user_id: `user-${n % users}` },
      }));
    const order = createUserOrder(Date.now);
    const map = (age: number, events: CatalogueEvent[]) => {
      const ordered = order.begin();
      ordered.refresh();
      const mapping = startMapping(limits, { ...line, order: ordered });
      mapping.map(trackOf(events.length, allPending(events.length), age), segmentsOf(events));
      const items = mapping.items();
      ordered.map(items.all);
      return items;
    };
    expect(map(1, ofUsers(20, 20)).frontCount).toBe(20);
    const { all, frontCount } = map(2, ofUsers(200, 50));
    expect(frontCount).toBe(200 - 4 * 20);
    expect(all.slice(0, frontCount).every(({ user }) => Number(user?.slice(5)) >= 20)).toBe(true);
    const chunksBehind = new Set(all.slice(frontCount).map(({ chunk }) => chunk));
    expect(all.slice(0, frontCount).some(({ chunk }) => chunksBehind.has(chunk))).toBe(false);
    for (const { json, payload, position } of all) {
      expect(payload).toEqual({ n: position });
      expect(json).toBe(JSON.stringify(payload));
    }
  });

  it('are read only from segments with due events', () => {
    const outcomes = allPending(6);
    outcomes.fill(Outcome.delivered, 0, 4);
    const [done, due] = segmentsOf([saying(0), saying(1)], [saying(2), saying(3), saying(4), saying(5)]) as [
      BatchSlice,
      BatchSlice,
    ];
    const mapping = startMapping(limits, line);
    mapping.map(trackOf(6, outcomes), [
      {
        ...done,
        read: () => {
          throw new Error('read');
        },
      },
      due,
    ]);
    expect(mapping.items().all.map(({ payload }) => payload)).toStrictEqual([4, 5]);
  });
});

describe('requests', () => {
  function itemsOf(sizes: readonly number[]) {
    const mapping = startMapping(limits, line);
    mapping.map(trackOf(sizes.length), segmentsOf(sizes.map((size) => saying('x'.repeat(size)))));
    return mapping.items().all;
  }

  it.each([
    ['by count', Array.from({ length: 950 }, () => 10), { maxEvents: 300, maxBytes: 1_000_000, wrapBytes: 2 }],
    [
      'by count, below a chunk',
      Array.from({ length: 250 }, () => 10),
      { maxEvents: 30, maxBytes: 1_000_000, wrapBytes: 2 },
    ],
    [
      'by bytes',
      Array.from({ length: 500 }, (_, n) => 100 + (n % 7) * 300),
      { maxEvents: 1_000, maxBytes: 150_000, wrapBytes: 20 },
    ],
    [
      'by bytes, below a chunk',
      Array.from({ length: 250 }, (_, n) => 100 + (n % 7) * 300),
      { maxEvents: 1_000, maxBytes: 9_000, wrapBytes: 20 },
    ],
  ])('are cut %s, within the limits and without losing an event', (_name, sizes, cut) => {
    const items = itemsOf(sizes);
    const requests = cutRequests(items, cut);
    expect(requests.flat()).toStrictEqual(items);
    for (const request of requests) {
      expect(request.length).toBeLessThanOrEqual(cut.maxEvents);
      expect(cut.wrapBytes + Buffer.byteLength(request.map(({ json }) => json).join(','))).toBeLessThanOrEqual(
        cut.maxBytes,
      );
    }
    const leastRequests = Math.max(
      sizes.length / cut.maxEvents,
      sizes.reduce((sum, size) => sum + size + 3, 0) / cut.maxBytes,
    );
    expect(requests.length).toBeLessThan(leastRequests * 1.5 + 1);
  });
});

describe('a destination that accepts nothing dated further ahead than an hour', () => {
  const nowMs = 1_750_000_000_000;
  const bounded = {
    ...line,
    connector: { ...line.connector, label: 'Fake', maxAheadMs: 3_600_000 },
    now: () => nowMs,
  } as unknown as AttemptContext;
  const at = (aheadSeconds: number): CatalogueEvent => ({
    ...saying(aheadSeconds),
    id: `ahead-${aheadSeconds}`,
    time: nowMs / 1000 + aheadSeconds,
  });

  it('gets the others, and the later ones are rejected with the limit', () => {
    const track = trackOf(3);
    const mapping = startMapping(limits, bounded);
    mapping.map(track, segmentsOf([at(3_600), at(3_601), at(-3_600)]));
    expect(mapping.items().all.map(({ payload }) => payload)).toEqual([3_600, -3_600]);
    expect(track.isPending(1)).toBe(false);
    expect(mapAlone(bounded.connector, {}, { ...at(0), time: Math.floor(Date.now() / 1000) + 7_200 })).toEqual({
      verdict: 'rejected',
      code: 'too_far_ahead',
      detail: 'time: expected at most 1 h in the future for Fake, got a later time',
    });
  });
});
