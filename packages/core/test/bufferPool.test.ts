import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createBufferPool } from '../src/ingest/bufferPool.js';

const megabyte = 1024 * 1024;

describe('pooled bytes', () => {
  it('do not change until they are released, while others are added and released', () => {
    const pool = createBufferPool();
    const held: { readonly kept: ReturnType<typeof pool.copy>; readonly original: Buffer }[] = [];
    for (let turn = 0; turn < 2_000; turn++) {
      const original = randomBytes(1 + ((turn * 7_919) % 60_000));
      held.push({ kept: pool.copy(original), original });
      while (held.length > 200) {
        const [{ kept, original: was }] = held.splice((turn * 31) % held.length, 1) as [(typeof held)[number]];
        if (!kept.bytes.equals(was)) throw new Error(`turn ${turn}: a copy has changed while it was held`);
        kept.release();
      }
    }
    expect(held.every(({ kept, original }) => kept.bytes.equals(original))).toBe(true);
  });

  it('share a block, which is reused once all of its bytes are released', () => {
    const pool = createBufferPool();
    const memories = new Set<ArrayBufferLike>();
    for (let turn = 0; turn < 100; turn++) {
      const kept = Array.from({ length: 10 }, () => pool.copy(Buffer.alloc(0.4 * megabyte)));
      for (const { bytes } of kept) memories.add(bytes.buffer);
      for (const { release } of kept) release();
    }
    expect(memories.size).toBeLessThanOrEqual(2);
  });

  it('are not copied into a block when they are large', () => {
    const large = Buffer.alloc(3 * megabyte);
    expect(createBufferPool().copy(large).bytes).toBe(large);
  });
});
