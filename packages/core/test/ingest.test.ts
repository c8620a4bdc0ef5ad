import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBatch, unpackBatch } from '../src/batch/batch.js';
import { event, openHub, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub;
beforeAll(async () => void (hub = await openHub(fakeConnector(createFakePartner()))));
afterAll(() => hub.stop());

/** Whether the body was read before anything else could run. */
async function isReadAtOnce(text: string, format: 'json' | 'ndjson'): Promise<boolean> {
  let isRead = false;
  const taken = hub.intake.take({
    chunks: [Buffer.from(text)],
    format,
    tokenId: hub.tokenId,
    onRead: () => (isRead = true),
  });
  const atOnce = isRead;
  expect(await taken).toMatchObject({ outcome: 'stored' });
  return atOnce;
}

it('a short body is read at once, and one of thousands of lines in steps, however few its bytes are', async () => {
  const events = Array.from({ length: 100 }, () => event());
  expect(await isReadAtOnce(JSON.stringify({ events }), 'json')).toBe(true);
  expect(await isReadAtOnce(events.map((each) => JSON.stringify(each)).join('\n'), 'ndjson')).toBe(true);
  expect(await isReadAtOnce('{\n'.repeat(400), 'ndjson')).toBe(true);
  expect(await isReadAtOnce('{\n'.repeat(5_000), 'ndjson')).toBe(false);
});

describe('long bodies', () => {
  const long = (name: string, count = 3_000) =>
    Array.from({ length: count }, (_, place) => event('good', { properties: { name, place, filler: 'é'.repeat(60) } }));
  /** The body as it comes from a socket: in pieces that end anywhere, also within a character. */
  const chunksOf = (text: string) => {
    const bytes = Buffer.from(text);
    return Array.from({ length: Math.ceil(bytes.length / 65_431) }, (_, at) =>
      bytes.subarray(at * 65_431, (at + 1) * 65_431),
    );
  };
  const bodyOf = (text: string) => ({ chunks: chunksOf(text), format: 'json' as const, tokenId: hub.tokenId });
  const lastContent = async () => {
    const [row] = await hub.sql<{ content: Buffer }[]>`select content from batch order by id desc limit 1`;
    return row!.content;
  };

  it('are each a batch of its own, with small slices, and their pieces are let go of', async () => {
    const events = long('alone');
    const body = bodyOf(JSON.stringify({ note: 'beside', events }));
    const [taken] = await Promise.all([hub.intake.take(body), hub.take([event()]), hub.take([event()])]);
    expect(taken).toMatchObject({ outcome: 'stored', receipt: { accepted: 3_000, quarantined: 0 } });
    expect(body.chunks.every(({ length }) => length === 0)).toBe(true);
    const rows = await hub.sql<{ content: Buffer }[]>`select content from batch where events = 3000`;
    expect(rows.length).toBe(1);
    expect(await unpackBatch(rows[0]!.content)).toEqual(events);
    const slices = await openBatch(rows[0]!.content);
    const lengths = slices.map((slice) => Buffer.byteLength(JSON.stringify(slice.read())));
    expect(Math.max(...lengths)).toBeLessThan(120 * 1024);
    expect(slices.length).toBeGreaterThan(5);
  });

  it('are read in memory that the one before has used, whatever has become of it', async () => {
    const [first, second] = [long('first', 3_500), long('second')];
    const bodies = [
      bodyOf(JSON.stringify(first)),
      bodyOf(`${JSON.stringify(long('broken')).slice(0, -1)} x`),
      { ...bodyOf(JSON.stringify(long('declined'))), onRead: () => false },
      bodyOf(JSON.stringify(first)),
      bodyOf(JSON.stringify(long('many', 10_001))),
      bodyOf(JSON.stringify(Array(2_000).fill({ id: 'x'.repeat(200) }))),
      bodyOf(' '.repeat(300_000)),
      bodyOf(JSON.stringify(second)),
    ];
    const taken = await Promise.all(bodies.map((body) => hub.intake.take(body)));
    expect(taken).toMatchObject([
      { outcome: 'stored', receipt: { accepted: 3_500 } },
      { outcome: 'unreadable', code: 'malformed_json' },
      { outcome: 'declined' },
      { outcome: 'stored', receipt: { accepted: 3_500 } },
      { outcome: 'unreadable', code: 'too_many_events' },
      { outcome: 'stored', receipt: { accepted: 0, quarantined: 2_000 } },
      { outcome: 'stored', receipt: { accepted: 0, quarantined: 0 } },
      { outcome: 'stored', receipt: { accepted: 3_000 } },
    ]);
    expect(await unpackBatch(await lastContent())).toEqual(second);
    const [stored] = await hub.sql<{ n: number }[]>`select count(*)::int as n from batch where events = 3500`;
    expect(stored?.n).toBe(1);
  });
});
