import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDiscard, defaultDiscardLimits } from '../../src/body/discard.js';
import { createReadTurns } from '../../src/body/readTurns.js';

const kilobyte = 1024;
const chunk = Buffer.alloc(64 * kilobyte);
const limits = { ...defaultDiscardLimits, bytesPerSecond: 6_400 * kilobyte, maxBodies: 3 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A body that has a chunk whenever one is read. */
function openBody() {
  let given = 0;
  const body = new IncomingMessage(new Socket());
  body._read = () =>
    void process.nextTick(() => {
      given++;
      body.push(chunk);
    });
  return { body, given: () => given };
}

describe('11. bounded work: bodies that were answered early', () => {
  it('are discarded, beyond the first 64 KB of each, at a rate that all of them share', async () => {
    const discard = createDiscard(createReadTurns(), limits);
    const bodies = Array.from({ length: 3 }, openBody);
    for (const { body } of bodies) discard.start(body);
    await vi.advanceTimersByTimeAsync(1_000);
    const discarded = bodies.map(({ given }) => given());
    // 100 chunks a second; each body may have two of its own at once, and two that it has read ahead.
    expect(discarded.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(100 + 3 * 4);
    for (const count of discarded) expect(count).toBeGreaterThan(25);
  });

  it('are closed after 30 seconds', async () => {
    const discard = createDiscard(createReadTurns(), limits);
    const { body } = openBody();
    discard.start(body);
    await vi.advanceTimersByTimeAsync(29_000);
    expect([discard.openCount, body.socket.destroyed]).toEqual([1, false]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([discard.openCount, body.socket.destroyed]).toEqual([0, true]);
  });

  it('are closed beyond a number of bytes', async () => {
    const discard = createDiscard(createReadTurns(), { ...limits, maxBytes: 20 * chunk.length });
    const { body, given } = openBody();
    discard.start(body);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(body.socket.destroyed).toBe(true);
    expect(given()).toBeLessThanOrEqual(20 + 3);
  });

  it('are limited in number: the oldest is closed', async () => {
    const discard = createDiscard(createReadTurns(), limits);
    const bodies = Array.from({ length: 5 }, openBody);
    for (const { body } of bodies) discard.start(body);
    await vi.advanceTimersByTimeAsync(0);
    expect(bodies.map(({ body }) => body.socket.destroyed)).toEqual([true, true, false, false, false]);
    expect(discard.openCount).toBe(3);
    discard.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(discard.openCount).toBe(0);
  });

  it('leave no listener on a connection that many requests share', async () => {
    const discard = createDiscard(createReadTurns(), limits);
    const socket = new Socket();
    const before = socket.listenerCount('close');
    for (let count = 0; count < 20; count++) {
      const body = new IncomingMessage(socket);
      discard.start(body);
      body.push(chunk);
      body.push(null);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect([discard.openCount, socket.listenerCount('close')]).toEqual([0, before]);
  });
});
