import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createReadTurns } from '../../src/body/readTurns.js';

const chunk = Buffer.alloc(64 * 1024);

describe('11. bounded work: what is read in one turn of the event loop', () => {
  it('is limited over all bodies; those that came first are read first, and all of each is read', async () => {
    const turns = createReadTurns(8 * chunk.length);
    const ended: number[] = [];
    let inTurn = 0;
    let most = 0;
    let isRunning = true;
    const count = (): void => {
      most = Math.max(most, inTurn);
      inTurn = 0;
      if (isRunning) setImmediate(count);
    };
    setImmediate(count);
    const bodies = Array.from({ length: 20 }, (_, index) => {
      const body = Readable.from(
        (function* () {
          for (let place = 0; place < 40; place++) yield chunk;
        })(),
        { objectMode: false },
      );
      body.on('data', (bytes: Buffer) => {
        inTurn++;
        turns.count(body, bytes.length);
      });
      return new Promise<void>((resolve) =>
        body.once('end', () => {
          ended.push(index);
          resolve();
        }),
      );
    });
    await Promise.all(bodies);
    isRunning = false;
    // The first turn gives each body its first chunk.
    expect(most).toBeLessThanOrEqual(20 + 8 + 4);
    expect(ended.slice(0, 4).every((index) => index < 8)).toBe(true);
  });
});
