import { createOneAtATime } from '@currents/core';
import { expect, it } from 'vitest';

it('runs one task at a time, in order, and turns away what would wait beyond the limit', async () => {
  const tasks = createOneAtATime({ maxWaiting: 2 });
  const log: string[] = [];
  const open: (() => void)[] = [];
  const task = (name: string) =>
    tasks.run(async () => {
      log.push(`begin ${name}`);
      await new Promise<void>((resolve) => open.push(resolve));
      log.push(`end ${name}`);
      if (name === 'b') throw new Error('b failed');
      return name;
    });
  const a = task('a');
  await expect.poll(() => open.length).toBe(1);
  const [b, c, d] = [task('b'), task('c'), task('d')];
  expect(d).toBeUndefined();
  const ends = Promise.allSettled([a, b, c]);
  for (let count = 1; count <= 3; count++) {
    await expect.poll(() => open.length).toBe(count);
    open[count - 1]!();
  }
  expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
  expect(await task2()).toBe('e');

  async function task2() {
    return tasks.run(async () => 'e');
  }
});
