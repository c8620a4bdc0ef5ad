import { describe, expect, it } from 'vitest';
import { beforeDeadline, DatabaseSilent } from '../src/db/deadline.js';

describe('a deadline', () => {
  it('passes results and errors on', async () => {
    expect(await beforeDeadline(Promise.resolve(7), 1_000)).toBe(7);
    await expect(beforeDeadline(Promise.reject(new Error('refused')), 1_000)).rejects.toThrow('refused');
  });

  it('ends the wait for an answer that never comes', async () => {
    await expect(beforeDeadline(new Promise(() => undefined), 30)).rejects.toThrow(DatabaseSilent);
  });
});
