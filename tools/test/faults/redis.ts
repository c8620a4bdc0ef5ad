import { randomInt } from 'node:crypto';
import { inject } from 'vitest';

/** A Redis to keep a queue in; undefined where the machine has none, and then it says so. */
export function redisForTest(): string | undefined {
  const url = inject('redisUrl');
  if (url === '') {
    console.warn('!! NO REDIS HERE: this test of a hub with its queue in Redis DOES NOT RUN.');
    return undefined;
  }
  const own = new URL(url);
  // Any Redis has 16 databases. Should two files meet in one, each wakes the other's workers now and then.
  own.pathname = `/${randomInt(1, 16)}`;
  return own.href;
}
