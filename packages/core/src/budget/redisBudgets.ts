import { Redis } from 'ioredis';
import type { BudgetStore } from './budgetStore.js';

/**
 * KEYS: the marks. ARGV: for each mark its cost, its least and its greatest lead, in milliseconds.
 * Answers, for each, its lead before the move. Redis's own clock, for workers' clocks differ. A mark that has passed
 * says nothing any more, so it goes by itself.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local leads = {}
for i, key in ipairs(KEYS) do
  local cost, least, most = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local lead = math.max(0, (tonumber(redis.call('GET', key)) or 0) - now, least)
  local moved = math.max(lead, math.min(lead + cost, most))
  if moved > 0 then
    redis.call('SET', key, string.format('%.3f', now + moved), 'PX', math.ceil(moved))
  end
  leads[i] = string.format('%.3f', lead)
end
return leads`;

/** An answer is worth waiting for this long; sending goes on without. */
const patienceMs = 1_000;
/** After a failure nobody waits again for this long. */
const restMs = 2_000;

export function openRedisBudgets(redisUrl: string, onError: (error: Error) => void): BudgetStore {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: 1,
    commandTimeout: patienceMs,
    enableAutoPipelining: true,
  });
  redis.on('error', onError);
  redis.defineCommand('moveMarks', { lua: script });
  const moveMarks = (
    redis as unknown as { moveMarks(count: number, ...words: string[]): Promise<string[]> }
  ).moveMarks.bind(redis);
  let restUntilMs = 0;
  return {
    async move(moves) {
      if (Date.now() < restUntilMs) throw new Error('Redis did not answer a moment ago');
      const keys = moves.map(({ key }) => `currents:budget:${key}`);
      const words = moves.flatMap(({ costMs, atLeastMs, atMostMs }) => [`${costMs}`, `${atLeastMs}`, `${atMostMs}`]);
      try {
        return (await moveMarks(keys.length, ...keys, ...words)).map(Number);
      } catch (error) {
        restUntilMs = Date.now() + restMs;
        throw error;
      }
    },
    async close() {
      redis.disconnect();
    },
  };
}
