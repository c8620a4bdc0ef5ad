import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

interface Reading {
  readonly now: number;
  readonly made: number;
  readonly given: number;
  readonly isDate: boolean;
  readonly monotonic: number;
}

const preload = pathToFileURL(join(import.meta.dirname, '../../dist/chaos/clockPreload.js')).href;
/** Answers every message with a reading, as long as its channel is open. */
const program = `
  process.on('message', () => process.send({
    now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(),
    isDate: new Date() instanceof Date, monotonic: performance.timeOrigin + performance.now(),
  }));
  process.channel.ref();`;

it('the clock of one process jumps and comes back, its monotonic clock and the dates it is given stay', async () => {
  const child = spawn(process.execPath, ['--import', preload, '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const read = async (message: object): Promise<Reading> => {
      child.send(message);
      return ((await once(child, 'message')) as [Reading])[0];
    };
    for (const clockOffsetMs of [3_600_000, -60_000, 0]) {
      const { now, made, given, isDate, monotonic } = await read({ clockOffsetMs });
      for (const each of [now, made]) expect(Math.abs(each - (Date.now() + clockOffsetMs))).toBeLessThan(10_000);
      expect(Math.abs(monotonic - Date.now())).toBeLessThan(10_000);
      expect([given, isDate]).toEqual([5, true]);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}, 30_000);
