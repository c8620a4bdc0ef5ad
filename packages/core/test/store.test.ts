import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIngest, type Ingest } from '@currents/core';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { unpackContent } from '../src/quarantine/content.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

let hub: Hub;
let current: number;
const connector = fakeConnector(createFakePartner());

beforeEach(async () => {
  hub = await openHub(connector);
  current = await hub.launch();
});
afterEach(() => hub.stop());

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const count = async (table: string) =>
  Number((await hub.sql<{ n: string }[]>`select count(*) as n from ${hub.sql(table)}`)[0]?.n);

/** The intake of a second api process on the same database. */
function anotherIntake(overrides: { readonly queuedBytes?: number; readonly commitDelayMs?: number } = {}): Ingest {
  return createIngest(hub.writer, {
    connectors: new Map([[connector.name, connector]]),
    batchEvents: 500,
    queuedBytes: overrides.queuedBytes ?? 10_000_000,
    commits: 2,
    commitDelayMs: overrides.commitDelayMs ?? 1,
    shard: 9,
    onStored: () => undefined,
  });
}

const receiptOf = async (intake: Ingest, body: Buffer) => {
  const taken = await intake.take({ chunks: [body], format: 'json', tokenId: hub.tokenId });
  if (taken.outcome !== 'stored') throw new Error(JSON.stringify(taken));
  return taken.receipt;
};

describe('the intake', () => {
  it('stores concurrent small requests in a shared commit', async () => {
    await Promise.all(Array.from({ length: 60 }, () => hub.take([event()])));
    expect(await hub.tally(current)).toEqual({ selected: 60 });
    expect(await count('batch')).toBeLessThan(10);
    expect(await count('request')).toBe(60);
  });

  it('quarantines an invalid event with its reason, and stores the others', async () => {
    const body = bytes({
      events: [event(), { event_type: 'users.nonsense', id: 'x', time: 1 }, event('good', { time: 'noon' }), event()],
    });
    const receipt = await receiptOf(hub.intake, body);
    expect(receipt.accepted).toBe(2);
    expect(receipt.refused.map(({ position, code }) => [position, code])).toEqual([
      [1, 'unknown_event_type'],
      [2, 'bad_time'],
    ]);
    const [row] = await hub.sql<
      { positions: Buffer; codes: string[]; content: Buffer }[]
    >`select positions, codes, content from quarantine_batch`;
    expect(row?.positions.toString('hex')).toBe('0000000100000002');
    expect(row?.codes).toEqual(['unknown_event_type', 'bad_time']);
    const kept = await unpackContent(row?.content ?? Buffer.alloc(0), 2);
    expect(JSON.parse(kept[1]?.body ?? '')).toMatchObject({ time: 'noon' });
  });

  it('stores a repeated request once, and returns the same receipt', async () => {
    const body = bytes({ events: [event(), { event_type: 'users.nonsense', id: 'x', time: 1 }] });
    const first = await receiptOf(hub.intake, body);
    expect(await receiptOf(hub.intake, body)).toEqual(first);
    expect(await receiptOf(anotherIntake(), body)).toEqual(first);
    expect(await hub.tally(current)).toEqual({ selected: 1 });
    expect(await count('quarantine_batch')).toBe(1);
  });

  it('stores a request once that two processes receive concurrently', async () => {
    const other = anotherIntake();
    for (let round = 0; round < 10; round++) {
      const body = bytes({ events: [event(), event()] });
      const fillers = Array.from({ length: 5 }, () => bytes({ events: [event()] }));
      const receipts = await Promise.all([
        receiptOf(hub.intake, body),
        receiptOf(other, body),
        receiptOf(hub.intake, body),
        ...fillers.map((filler, index) => receiptOf(index % 2 === 0 ? other : hub.intake, filler)),
      ]);
      expect(receipts.map(({ accepted }) => accepted)).toEqual([2, 2, 2, 1, 1, 1, 1, 1]);
    }
    expect(await hub.tally(current)).toEqual({ selected: 70 });
  });

  it('stores a request once that is repeated on the next day', async () => {
    const body = bytes({ events: [event()] });
    await receiptOf(hub.intake, body);
    await hub.sql`update request set stored_on = stored_on - 1`;
    expect(await receiptOf(anotherIntake(), body)).toEqual({ accepted: 1, quarantined: 0, refused: [] });
    expect(await hub.tally(current)).toEqual({ selected: 1 });
  });

  it('selects the next event for a Current that another process has just launched', async () => {
    await hub.take([event()]);
    for (let round = 0; round < 5; round++) {
      const launched = await hub.launch(`launched ${round}`);
      await hub.take([event(), event()]);
      expect(await hub.tally(launched)).toEqual({ selected: 2 });
      await hub.sql`update current set state = 'draft' where id = ${launched}`;
    }
  });

  it('creates a delivery of exactly the selected events', async () => {
    await hub.sql`update current set selection = ${hub.sql.json({ eventTypes: ['users.messages.email.Click'], channels: [], groups: [] })}`;
    await hub.take([event(), event('good', { event_type: 'users.messages.email.Click' }), event()]);
    const [row] = await hub.sql<{ outcomes: Buffer; pending: number }[]>`select outcomes, pending from delivery`;
    expect([...(row?.outcomes ?? [])]).toEqual([0, 1, 0]);
    expect(row?.pending).toBe(1);
    await hub.take([event(), event()]);
    expect(await count('delivery')).toBe(1);
    expect(await count('batch')).toBe(2);
  });

  it('creates a missing partition for the day', async () => {
    await hub.sql.unsafe(
      `drop table batch_${(await hub.sql<{ day: string }[]>`select to_char(current_date, 'YYYYMMDD') as day`)[0]?.day}`,
    );
    await hub.take([event()]);
    expect(await hub.tally(current)).toEqual({ selected: 1 });
  });

  it('refuses requests above its memory limit, and stores nothing of them', async () => {
    const narrow = anotherIntake({ queuedBytes: 2_000, commitDelayMs: 50 });
    const bodies = Array.from({ length: 40 }, () => bytes({ events: [event(), event()] }));
    const results = await Promise.allSettled(bodies.map((body) => receiptOf(narrow, body)));
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((result) => result.status === 'rejected' && result.reason.name === 'StoreBusy')).toBe(true);
    expect((await hub.tally(current))['selected']).toBe((40 - refused.length) * 2);
    // The senders retry the refused requests.
    for (const [index, result] of results.entries())
      if (result.status === 'rejected') await receiptOf(narrow, bodies[index] as Buffer);
    expect((await hub.tally(current))['selected']).toBe(80);
  });

  it('quarantines text that Postgres cannot store', async () => {
    const taken = await hub.intake.take({
      chunks: [Buffer.from('{"broken\u0000')],
      format: 'ndjson',
      tokenId: hub.tokenId,
    });
    expect(taken).toMatchObject({ outcome: 'stored', receipt: { accepted: 0, refused: [{ position: 0 }] } });
    await until(
      () => count('quarantine_batch'),
      (rows) => rows === 1,
    );
  });
});
