import { randomInt } from 'node:crypto';
import { inject } from 'vitest';

/** A Redis for a queue; undefined, with a warning, if the machine has none. */
export function redisForTest(): string | undefined {
  const url = inject('redisUrl');
  if (url === '') {
    console.warn('!! NO REDIS HERE: this test of a hub with its queue in Redis DOES NOT RUN.');
    return undefined;
  }
  const own = new URL(url);
  // Redis has 16 databases by default. Two test files in the same one wake each other's workers, which does no harm.
  own.pathname = `/${randomInt(1, 16)}`;
  return own.href;
}
