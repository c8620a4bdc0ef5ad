import { brotliDecompressSync } from 'node:zlib';
import { readBody, type CatalogueEvent } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { openBatch, packBatch, unpackBatch, type BatchPart } from '../src/batch/batch.js';
import { openBatchPacker } from '../src/batch/batchPacker.js';
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

describe('a batch packer', () => {
  it.each([
    ['one small part', [many(1)]],
    ['parts of all sizes', [many(700), many(1), many(40), many(1_000), many(2)]],
    ['a part of several blocks', [many(1), many(1, { properties: { words: '🎉'.repeat(200_000) } }), many(1)]],
  ])('packs what packBatch packs: %s', async (_name, requests) => {
    const parts = requests.map(partOf);
    const packer = openBatchPacker();
    for (const part of parts) {
      packer.add(part);
      // It has taken a copy.
      part.json.fill(0);
      await packer.busy();
    }
    const content = await packer.finish();
    packer.close();
    const [streamed, atOnce] = [content, await packBatch(requests.map(partOf))].map((one) => {
      const head = one.indexOf('\n') + 1;
      return { head: one.toString('latin1', 0, head), plain: brotliDecompressSync(one.subarray(head)).toString() };
    });
    expect(streamed).toEqual(atOnce);
    expect(await unpackBatch(content)).toStrictEqual(requests.flat());
  });

  it('lets its user wait while two blocks are being compressed', async () => {
    const packer = openBatchPacker();
    const part = { json: Buffer.from(JSON.stringify('x'.repeat(300_000))), events: 1 };
    packer.add(part);
    expect(packer.busy()).toBeUndefined();
    packer.add(part);
    packer.add(part);
    const busy = packer.busy();
    expect(busy).toBeDefined();
    await busy;
    expect(packer.busy()).toBeUndefined();
    packer.close();
  });
});
