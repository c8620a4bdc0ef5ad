import { brotliDecompressSync } from 'node:zlib';
import { readBody, type CatalogueEvent } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { openBatch, packBatch, unpackBatch, type BatchPart } from '../src/batch/batch.js';
import { createBufferPool } from '../src/ingest/bufferPool.js';
import { event } from './deliveryHarness.js';

function partOf(events: readonly CatalogueEvent[]): BatchPart {
  const reading = readBody(JSON.stringify({ events }), 'json');
  if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
  return { json: Buffer.from(reading.json), events: events.length };
}

const many = (count: number, more = {}): CatalogueEvent[] =>
  Array.from({ length: count }, () => ({ ...event('good'), ...more }) as CatalogueEvent);

describe('a batch', () => {
  it.each([
    ['one event', [many(1)]],
    ['one large request', [many(3_000)]],
    ['many small requests', Array.from({ length: 2_000 }, () => many(1))],
    ['requests of all sizes', [many(700), many(1), many(40), many(1_000), many(2)]],
    ['text of all planes', [many(300, { properties: { words: 'Grüße 🎉 \u2028 ￿' } }), many(1), many(300)]],
  ])('decodes to the events that were encoded: %s', async (_name, requests) => {
    const content = await packBatch(requests.map(partOf));
    expect(await unpackBatch(content)).toStrictEqual(requests.flat());
    const segments = await openBatch(content);
    expect(segments.map((segment) => segment.read().length)).toStrictEqual(segments.map(({ count }) => count));
  });

  it('has the same bytes whether its parts lie in pooled blocks or elsewhere', async () => {
    const requests = [many(3), many(1), many(40), many(7)];
    const parts = requests.map(partOf);
    const blocks = createBufferPool();
    const waiting = parts.map((part) => ({ ...part, json: blocks.copy(part.json).bytes }));
    expect(await packBatch(waiting)).toStrictEqual(await packBatch(parts));
    for (const places of [[1, 0, 2, 3], [0, 2, 3], [1, 2], [3]]) {
      const chosen = places.map((place) => waiting[place] as BatchPart);
      expect(await unpackBatch(await packBatch(chosen))).toStrictEqual(places.flatMap((place) => requests[place]));
    }
  });

  it('is read one segment at a time, even when its requests are small', async () => {
    const content = await packBatch(Array.from({ length: 2_000 }, () => partOf(many(1))));
    const segments = await openBatch(content);
    const bytes = brotliDecompressSync(content.subarray(content.indexOf('\n') + 1)).length;
    expect(segments.length).toBeGreaterThan(2);
    expect(segments.length).toBeLessThan(bytes / 40_000);
  });
});
