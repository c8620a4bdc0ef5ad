import { drizzle } from 'drizzle-orm/postgres-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  connect,
  countDaily,
  countIngest,
  createIngest,
  readActivity,
  readSeries,
  type Admin,
  type Sql,
} from '@currents/core';
import { foldEntries } from '../../src/counts/foldEntries.js';
import { createLatencyRecorder } from '../../src/counts/latencyRecorder.js';
import { pruneCounts } from '../../src/counts/pruneCounts.js';
import { sampleTally } from '../../src/counts/sampleTally.js';
import { createFakePartner, fakeConnector } from '../fakeConnector.js';
import { event, openHub, until, type Hub } from '../deliveryHarness.js';

let hub: Hub;
let current: number;
let pool: Sql;
let admin: Pick<Admin, 'db'>;
const connector = fakeConnector(createFakePartner());
beforeEach(async () => {
  hub = await openHub(connector);
  current = await hub.launch();
  pool = connect(hub.databaseUrl, { max: 2, name: 'admin' });
  admin = { db: drizzle(pool) };
});
afterEach(async () => {
  await pool.end();
  await hub.stop();
});

const click = 'users.messages.email.Click';
const open = 'users.messages.email.Open';
const nonsense = { event_type: 'users.nonsense', id: 'x', time: 1 };

/** Samples as a later minute would, unless a worker just did. */
async function sample(): Promise<void> {
  await hub.sql`update count_state set sampled_minute = '-infinity'`;
  await sampleTally(hub.sql);
}

const around = () => ({ from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 120_000) });

async function total(metric: Parameters<typeof readSeries>[1]['metrics'][number], question: object = {}) {
  const { series } = await readSeries(admin, { metrics: [metric], resolution: 'minute', ...around(), ...question });
  return series[0]!.points.reduce((sum, { value }) => sum + (value ?? 0), 0);
}

async function send(body: string, tokenId = hub.tokenId, intake = hub.intake): Promise<void> {
  const taken = await intake.take({ chunks: [Buffer.from(body)], format: 'json', tokenId });
  if (taken.outcome !== 'stored') throw new Error(JSON.stringify(taken));
}

describe('what comes in', () => {
  it('2. conservation: received = accepted + quarantined + repeated, by token, type and hour, at any time', async () => {
    const mixed = JSON.stringify({
      events: [event(), event(), event('good', { event_type: click }), nonsense, event('good', { time: 'noon' })],
    });
    const single = JSON.stringify({ events: [event()] });
    const other = createIngest(hub.writer, {
      connectors: new Map([[connector.name, connector]]),
      batchEvents: 500,
      queuedBytes: 10_000_000,
      commits: 1,
      commitDelayMs: 1,
      shard: 9,
      onStored: () => undefined,
    });
    // Repeated while the first waits for its commit, after it, and at another process.
    await Promise.all([send(mixed), send(mixed), send(mixed)]);
    await send(mixed);
    await Promise.all([send(mixed, hub.tokenId, other), send(single, hub.tokenId, other)]);
    await send(single, 99);
    const expected = [
      { tokenId: String(hub.tokenId), eventType: undefined, received: 5, accepted: 0, quarantined: 1, repeated: 4 },
      { tokenId: String(hub.tokenId), eventType: click, received: 5, accepted: 1, quarantined: 0, repeated: 4 },
      { tokenId: String(hub.tokenId), eventType: open, received: 16, accepted: 3, quarantined: 1, repeated: 12 },
      { tokenId: '99', eventType: open, received: 1, accepted: 1, quarantined: 0, repeated: 0 },
    ];
    const counts = async () => countIngest(admin, {}, ['token', 'event_type']);
    expect(await counts()).toMatchObject(expected);
    expect(await foldEntries(hub.sql)).toBeGreaterThan(2);
    expect(await hub.sql`select from count_entry`).toHaveLength(0);
    expect(await counts()).toMatchObject(expected);
    // What is counted later is added to the same hour.
    await send(single, 99);
    expect(await countIngest(admin, { tokenId: '99' }, [])).toMatchObject([{ received: 2, accepted: 1, repeated: 1 }]);
    await foldEntries(hub.sql);
    expect(await countIngest(admin, { tokenId: '99' }, [])).toMatchObject([{ received: 2, accepted: 1, repeated: 1 }]);
    expect(await countIngest(admin, { eventType: click }, ['token'])).toMatchObject([{ received: 5 }]);
    const hours = await countIngest(admin, {}, ['hour', 'token']);
    expect(hours.reduce((sum, { received }) => sum + received, 0)).toBe(28);
    for (const { at, received, accepted, quarantined, repeated } of hours) {
      expect(at?.toISOString()).toMatch(/:00:00.000Z$/);
      expect(received).toBe(accepted + quarantined + repeated);
    }
  });

  it('is counted with its events or not at all', async () => {
    await hub.sql`alter table batch rename to batch_away`;
    const body = JSON.stringify({ events: [event()] });
    await expect(send(body)).rejects.toThrow();
    await hub.sql`alter table batch_away rename to batch`;
    expect(await countIngest(admin, {}, [])).toMatchObject([]);
    await send(body);
    expect(await countIngest(admin, {}, [])).toMatchObject([{ received: 1, accepted: 1 }]);
  });

  it('is folded once, by however many workers at once while more comes in', async () => {
    const sending = (async () => {
      for (let round = 0; round < 40; round++) await send(JSON.stringify({ events: [event(), event()] }));
    })();
    let isOver = false;
    const folding = [1, 2, 3].map(async () => {
      while (!isOver) await foldEntries(hub.sql);
    });
    await sending;
    isOver = true;
    await Promise.all(folding);
    await foldEntries(hub.sql);
    expect(await countIngest(admin, {}, [])).toMatchObject([{ received: 80, accepted: 80 }]);
    expect(await total('accepted', { tokenId: String(hub.tokenId) })).toBe(80);
    expect(await total('accepted', { eventType: open })).toBe(80);
  });
});

describe('series', () => {
  it('sum up to the counts of a Current, and of what came in', async () => {
    await hub.sql`update current set selection = ${hub.sql.json({ eventTypes: [open], channels: [], groups: [] })}`;
    const everything = await hub.launch('more');
    await hub.startWorker();
    const events = [event(), event(), event('skip'), event('reject'), event('good', { event_type: click })];
    await hub.take(events);
    await hub.take([event('good', { event_type: click }), nonsense]);
    await until(
      async () => [await hub.tally(current), await hub.tally(everything)],
      ([one, two]) => one!['rejected'] === 1 && two!['rejected'] === 1 && two!['delivered'] === 4,
    );
    await foldEntries(hub.sql);
    await sample();
    const tally = await hub.tally(current);
    expect(tally).toEqual({ selected: 4, unselected: 2, delivered: 2, skipped: 1, rejected: 1 });
    for (const [metric, events] of Object.entries(tally))
      expect(await total(metric as 'selected', { currentId: String(current) }), metric).toBe(events);
    expect(await total('delivered')).toBe(6);
    expect(await total('unselected', { currentId: String(everything) })).toBe(0);
    expect(await total('received')).toBe(7);
    expect(await total('quarantined', { tokenId: String(hub.tokenId) })).toBe(1);
    // A second sample finds what came since, and nothing twice.
    await hub.take([event()]);
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 3,
    );
    await sample();
    await sample();
    expect(await total('delivered', { currentId: String(current) })).toBe(3);
    expect(await total('delivered', { currentId: String(current), resolution: 'hour' })).toBe(3);
    const { series } = await readSeries(admin, { metrics: ['delivered'], resolution: 'day', currentId: `${current}` });
    expect(series[0]!.points).toHaveLength(14);
    expect(series[0]!.points.reduce((sum, { value }) => sum + (value ?? 0), 0)).toBe(3);
  });

  it('go on at once after the clock of the database was a day ahead', async () => {
    await hub.take([event()]);
    await hub.sql`update count_state set sampled_minute = date_trunc('minute', now()) + interval '1 day'`;
    expect(await sampleTally(hub.sql)).toBe(true);
    expect(await total('selected')).toBe(1);
    // A minute ahead is that of a worker whose transaction began later.
    await hub.sql`update count_state set sampled_minute = date_trunc('minute', now()) + interval '1 minute'`;
    expect(await sampleTally(hub.sql)).toBe(false);
  });

  it('are not written twice by workers that sample at once', async () => {
    await hub.take([event()]);
    await hub.sql`update count_state set sampled_minute = '-infinity'`;
    const sampled = await Promise.all([1, 2, 3].map(() => sampleTally(hub.sql)));
    expect(sampled).toContain(true);
    expect(await total('selected')).toBe(1);
  });

  it('have percentiles of the latency of events within 5 %, merged over flushes', async () => {
    const recorder = createLatencyRecorder(hub.sql);
    // 1 ms to 1,000 ms, in two flushes.
    for (let ms = 1; ms <= 1_000; ms += 2) recorder.delivered(current, 3, ms);
    await recorder.flush();
    for (let ms = 2; ms <= 1_000; ms += 2) recorder.delivered(current, 3, ms);
    await recorder.flush();
    await recorder.flush();
    const metrics = ['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms'] as const;
    const read = await readSeries(admin, { metrics, resolution: 'day', currentId: String(current) });
    const values = read.series.map(({ points }) => points.find(({ value }) => value !== undefined)?.value ?? 0);
    for (const [index, exact] of [500, 950, 990].entries())
      expect(Math.abs(values[index]! / exact - 1)).toBeLessThan(0.05);
  });

  it('are bounded', async () => {
    const day = 86_400_000;
    const to = new Date('2026-01-31T00:00:00Z');
    const ask = (question: object) => () =>
      readSeries(admin, { metrics: ['selected'], resolution: 'minute', ...question });
    await expect(ask({ from: new Date(+to - 2 * day), to })).rejects.toThrow(
      'at most 2000 points in all series, got 2880',
    );
    await expect(ask({ from: to, to })).rejects.toThrow('from: expected a time before to');
    await expect(ask({ tokenId: '1' })).rejects.toThrow('got one of a Current');
    await expect(ask({ metrics: [] })).rejects.toThrow('at least one metric');
  });
});

it('retention deletes counts past their time, and the totals stay', async () => {
  const worker = await hub.startWorker();
  await hub.take([event(), event()]);
  await until(
    () => hub.tally(current),
    ({ delivered }) => delivered === 2,
  );
  await worker.stop();
  await foldEntries(hub.sql);
  await sample();
  const rows = async () => {
    const [row] = await hub.sql`
      select (select count(*)::int from ingest_count) as ingest_hours, (select count(*)::int from ingest_minute) as ingest_minutes,
        (select count(*)::int from current_count where resolution = 'hour') as hours,
        (select count(*)::int from current_count where resolution = 'minute') as minutes,
        (select count(*)::int from latency_count where resolution = 'hour') as latency_hours,
        (select count(*)::int from latency_count where resolution = 'minute') as latency_minutes`;
    return { ...row };
  };
  const before = await rows();
  expect(Object.values(before)).not.toContain(0);
  await pruneCounts(hub.sql, 14);
  expect(await rows()).toEqual(before);
  const age = async (hours: number) => {
    await hub.sql`update ingest_count set hour = hour - ${hours}::int * interval '1 hour'`;
    await hub.sql`update ingest_minute set minute = minute - ${hours}::int * interval '1 hour'`;
    await hub.sql`update current_count set at = at - ${hours}::int * interval '1 hour'`;
    await hub.sql`update latency_count set at = at - ${hours}::int * interval '1 hour'`;
  };
  await age(50);
  await pruneCounts(hub.sql, 14);
  expect(await rows()).toEqual({ ...before, ingest_minutes: 0, minutes: 0, latency_minutes: 0 });
  await age(14 * 24);
  await pruneCounts(hub.sql, 14);
  expect(new Set(Object.values(await rows()))).toEqual(new Set([0]));
  // The next sample does not count again what has been counted.
  await sample();
  expect(await total('delivered')).toBe(0);
  expect(await hub.tally(current)).toEqual({ selected: 2, delivered: 2 });
});

it('counts events that are released from the quarantine apart', async () => {
  const released = createIngest(hub.writer, {
    connectors: new Map([[connector.name, connector]]),
    batchEvents: 500,
    queuedBytes: 10_000_000,
    commits: 1,
    commitDelayMs: 1,
    shard: 9,
    arrival: 'released',
    onStored: () => undefined,
  });
  const body = JSON.stringify({ events: [event()] });
  await Promise.all([send(body, hub.tokenId, released), send(body, hub.tokenId, released)]);
  expect(await countIngest(admin, {}, [])).toMatchObject([{ received: 0, accepted: 0, repeated: 0, released: 1 }]);
});

it('ends a range that names no end now by Postgres, and not by a clock that is two days behind', async () => {
  const worker = await hub.startWorker();
  await send(JSON.stringify({ events: [event(), event()] }));
  await until(
    () => hub.tally(current),
    ({ delivered }) => delivered === 2,
  );
  await worker.stop();
  await sample();
  await foldEntries(hub.sql);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * 86_400_000 });
  try {
    const { series } = await readSeries(admin, { metrics: ['accepted', 'delivered'], resolution: 'hour' });
    expect(series.map(({ points }) => points.reduce((sum, { value }) => sum + (value ?? 0), 0))).toEqual([2, 2]);
    expect(await countIngest(admin, {}, [])).toMatchObject([{ accepted: 2 }]);
    const [activity] = await readActivity(admin, [String(current)]);
    expect(activity?.delivered.reduce((sum, events) => sum + events)).toBe(2);
    expect(await countDaily(admin, current)).toMatchObject([{ delivered: 2 }]);
  } finally {
    vi.useRealTimers();
  }
});
