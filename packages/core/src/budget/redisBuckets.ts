import { Redis } from 'ioredis';
import type { BucketStore } from './bucketStore.js';

/**
 * KEYS: the buckets. ARGV: for each bucket its increment, and the least and the greatest lead of its theoretical
 * arrival time (TAT) over now, in milliseconds. Returns each bucket's lead before the move. Uses the clock of Redis,
 * because those of workers differ. A TAT that has passed means nothing, so its key expires then.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local ahead = {}
for i, key in ipairs(KEYS) do
  local increment, min, max = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local before = math.max(0, (tonumber(redis.call('GET', key)) or 0) - now, min)
  local after = math.max(before, math.min(before + increment, max))
  if after > 0 then
    redis.call('SET', key, string.format('%.3f', now + after), 'PX', math.ceil(after))
  end
  ahead[i] = string.format('%.3f', before)
end
return ahead`;

/** Sending goes on without Redis after this time. */
const commandTimeoutMs = 1_000;
/** After a failure, Redis is not asked again for this time. */
const pauseMs = 2_000;

export function openRedisBuckets(redisUrl: string, onError: (error: Error) => void): BucketStore {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
    enableAutoPipelining: true,
  });
  redis.on('error', onError);
  redis.defineCommand('advanceBuckets', { lua: script });
  const advanceBuckets = (
    redis as unknown as { advanceBuckets(count: number, ...args: (string | number)[]): Promise<string[]> }
  ).advanceBuckets.bind(redis);
  let pausedUntilMs = 0;
  return {
    async advance(moves) {
      if (performance.now() < pausedUntilMs) throw new Error('Redis failed a moment ago');
      const keys = moves.map(({ key }) => `currents:budget:${key}`);
      const args = moves.flatMap(({ incrementMs, minAheadMs, maxAheadMs }) => [incrementMs, minAheadMs, maxAheadMs]);
      try {
        return (await advanceBuckets(keys.length, ...keys, ...args)).map(Number);
      } catch (error) {
        pausedUntilMs = performance.now() + pauseMs;
        throw error;
      }
    },
    async close() {
      redis.disconnect();
    },
  };
}
