import { brotliCompressSync, constants } from 'node:zlib';
import { readBody, type CatalogueEvent } from '@currents/schema';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchUnreadable, openBatch, packBatch, readableEvents, unpackBatch } from '../src/batch/batch.js';
import { createUnreadableReporter } from '../src/worker/reportUnreadable.js';
import { createMetrics } from '@currents/core';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

interface Part {
  readonly json: Buffer;
  readonly events: number;
}

function partOf(events: readonly CatalogueEvent[]): Part {
  const reading = readBody(JSON.stringify({ events }), 'json');
  if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
  return { json: Buffer.from(reading.json), events: events.length };
}

const many = (count: number): CatalogueEvent[] =>
  Array.from({ length: count }, () => event() as unknown as CatalogueEvent);

const brotli = (text: string, window: number): Buffer =>
  brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: window },
  });

/** Packs as releases before the version byte did. */
const formerly: Readonly<Record<string, (parts: readonly Part[]) => Promise<Buffer> | Buffer>> = {
  'one compressed list': (parts) => brotli(`[${parts.map(({ json }) => json.toString()).join(',')}]`, 22),
  'lengths and lists, compressed together': (parts) => brotli(lists(parts), 22),
  'lengths and lists in a smaller window': (parts) => brotli(lists(parts), 18),
  'lengths before compressed lists, without a version': async (parts) => (await packBatch(parts)).subarray(1),
};

function lists(parts: readonly Part[]): string {
  const lengths = parts.flatMap(({ json, events }) => [json.length + 2, events]);
  return `${JSON.stringify(lengths)}\n${parts.map(({ json }) => `[${json.toString()}]`).join('')}`;
}

describe('a stored batch', () => {
  it('begins with its version', async () => {
    expect((await packBatch([partOf(many(1))]))[0]).toBe(0x20);
  });

  it('of this release is read by the release before it, which knows no version', async () => {
    const content = await packBatch([partOf(many(2))]);
    expect(JSON.parse(content.toString('latin1', 0, content.indexOf('\n')))).toEqual([expect.any(Number), 2]);
  });

  it.each(Object.keys(formerly))('of a former form is read: %s', async (form) => {
    for (const requests of [[many(1)], [many(700), many(1), many(40)], [many(3_000)]]) {
      const content = await formerly[form]!(requests.map(partOf));
      expect(await unpackBatch(content)).toStrictEqual(requests.flat());
      const slices = await openBatch(content);
      expect(slices.map((slice) => slice.read().length)).toStrictEqual(slices.map(({ count }) => count));
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'damaged'],
    ['zeros', Buffer.alloc(100), 'damaged'],
    ['a later version', Buffer.from('!whatever a later release stores'), 'newer'],
    ['a list of something else', Buffer.from('["a"]\n'), 'damaged'],
    ['no list', Buffer.from(' {}\n'), 'damaged'],
    ['Brotli that is cut short', brotli('[{}]', 22).subarray(0, 5), 'damaged'],
    ['Brotli of something else', brotli('words', 22), 'damaged'],
  ])('that is %s is unreadable', async (_name, content, reason) => {
    await expect(openBatch(content)).rejects.toMatchObject({ name: 'BatchUnreadable', reason });
    expect(await readableEvents(content)).toEqual([]);
  });

  it('that was cut or changed anywhere is unreadable, or reads as so many events', async () => {
    const content = await packBatch([partOf(many(5))]);
    for (let at = 0; at < content.length; at++) {
      const changed = Buffer.from(content);
      changed[at] = (changed[at] as number) ^ 0x40;
      for (const damaged of [content.subarray(0, at), changed]) {
        const read = await unpackBatch(damaged).catch((error: unknown) => error);
        if (!(read instanceof BatchUnreadable)) expect(read, `byte ${at}`).toHaveLength(5);
      }
    }
  });
});

describe('deliveries of batches', () => {
  let hub: Hub;
  let partner: FakePartner;
  let current: number;
  beforeEach(async () => {
    partner = createFakePartner();
    hub = await openHub(fakeConnector(partner));
    current = await hub.launch();
    // All are claimed together.
    for (const count of [3, 3, 2]) await hub.take(many(count));
  });
  afterEach(() => hub.stop());

  const letters = () => hub.sql<{ code: string; outcome: string; detail: string; events: number }[]>`
    select code, outcome, detail, sum(cardinality(positions))::int as events from dead_letter where current_id = ${current} group by 1, 2, 3`;
  const middle = 'id = (select min(id) + 1 from batch)';

  it.each([
    ['is damaged', `update batch set content = '\\x00' where ${middle}`, 'the stored bytes of its batch are damaged'],
    [
      'has fewer events than its delivery',
      `update batch set content = (select content from batch order by id desc limit 1) where ${middle}`,
      'the stored bytes of its batch are damaged',
    ],
    ['is gone', `delete from batch where ${middle}`, 'its batch is no longer stored'],
  ])('of which one %s deliver all others', async (_name, damage, detail) => {
    await hub.sql.unsafe(damage);
    await hub.startWorker();
    await until(
      () => hub.tally(current),
      ({ delivered = 0, rejected = 0 }) => delivered + rejected === 8,
    );
    expect(await hub.tally(current)).toMatchObject({ delivered: 5, rejected: 3 });
    expect(await letters()).toEqual([
      { code: 'batch_unreadable', outcome: 'rejected', detail: `the event cannot be read: ${detail}`, events: 3 },
    ]);
  });

  it('of a later release wait, and are delivered once it is read', async () => {
    const [row] = await hub.sql<
      { id: string; content: Buffer }[]
    >`select id, content from batch where ${hub.sql.unsafe(middle)}`;
    await hub.sql`update batch set content = ${Buffer.from('!later')} where id = ${row!.id}`;
    await hub.startWorker();
    const deferred = () => hub.sql<{ deferred: readonly { readonly code: string }[] }[]>`
      select deferred from delivery where pending > 0 and deferred is not null`;
    const [waiting] = await until(deferred, (rows) => rows.length === 1);
    expect(waiting?.deferred).toMatchObject([{ code: 'batch_unreadable', positions: [0, 1, 2] }]);
    expect(await letters()).toEqual([]);
    await hub.sql`update batch set content = ${row!.content} where id = ${row!.id}`;
    await hub.sql`update delivery set due_at = now(), deferred = null where pending > 0`;
    await until(
      () => hub.tally(current),
      ({ delivered }) => delivered === 8,
    );
  });
});

it('a batch that cannot be read is logged and counted once, however many Currents meet it', async () => {
  const lines: string[] = [];
  const metrics = createMetrics();
  const report = createUnreadableReporter({ log: pino({}, { write: (line) => void lines.push(line) }), metrics });
  const delivery = { batchId: '7', storedOn: '2026-01-31' } as never;
  for (const current of [1, 2, 3]) report(current, { delivery, error: new BatchUnreadable('damaged'), events: 5 });
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: 'batch.unreadable', batch: '7', storedOn: '2026-01-31', events: 5, reason: 'damaged' },
  ]);
  expect(await metrics.registry.metrics()).toContain('currents_unreadable_batches_total{reason="damaged"} 1');
});
