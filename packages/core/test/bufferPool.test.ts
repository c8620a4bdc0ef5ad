import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createBufferPool } from '../src/ingest/bufferPool.js';

const megabyte = 1024 * 1024;

describe('bytes in a block', () => {
  it('stay what they are until they are released, whatever comes and goes meanwhile', () => {
    const pool = createBufferPool();
    const held: { readonly kept: ReturnType<typeof pool.copy>; readonly wanted: Buffer }[] = [];
    for (let turn = 0; turn < 2_000; turn++) {
      const wanted = randomBytes(1 + ((turn * 7_919) % 60_000));
      held.push({ kept: pool.copy(wanted), wanted });
      while (held.length > 200) {
        const [{ kept, wanted: was }] = held.splice((turn * 31) % held.length, 1) as [(typeof held)[number]];
        if (!kept.bytes.equals(was)) throw new Error(`turn ${turn}: a copy has changed while it was held`);
        kept.release();
      }
    }
    expect(held.every(({ kept, wanted }) => kept.bytes.equals(wanted))).toBe(true);
  });

  it('share memory, which is used again once all of it is released', () => {
    const pool = createBufferPool();
    const memories = new Set<ArrayBufferLike>();
    for (let turn = 0; turn < 100; turn++) {
      const kept = Array.from({ length: 10 }, () => pool.copy(Buffer.alloc(0.4 * megabyte)));
      for (const { bytes } of kept) memories.add(bytes.buffer);
      for (const { release } of kept) release();
    }
    expect(memories.size).toBeLessThanOrEqual(2);
  });

  it('are left where they are when they are large', () => {
    const large = Buffer.alloc(3 * megabyte);
    expect(createBufferPool().copy(large).bytes).toBe(large);
  });
});
