import { Redis } from 'ioredis';
import type { BudgetStore } from './budgetStore.js';

/**
 * KEYS: the marks. ARGV: for each mark its cost and its least lead, in milliseconds.
 * Answers, for each, its lead before the move. Redis's own clock, for workers' clocks differ. A mark that has passed
 * says nothing any more, so it goes by itself.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local leads = {}
for i, key in ipairs(KEYS) do
  local lead = math.max(0, (tonumber(redis.call('GET', key)) or 0) - now, tonumber(ARGV[2 * i]))
  local moved = lead + tonumber(ARGV[2 * i - 1])
  if moved > 0 then
    redis.call('SET', key, string.format('%.3f', now + moved), 'PX', math.ceil(moved))
  end
  leads[i] = string.format('%.3f', lead)
end
return leads`;

export function openRedisBudgets(redisUrl: string, onError: (error: Error) => void): BudgetStore {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1, commandTimeout: 2_000, enableAutoPipelining: true });
  redis.on('error', onError);
  redis.defineCommand('moveMarks', { lua: script });
  const moveMarks = (redis as unknown as { moveMarks(count: number, ...words: string[]): Promise<string[]> }).moveMarks.bind(redis);
  return {
    async move(moves) {
      const keys = moves.map(({ key }) => `currents:budget:${key}`);
      const words = moves.flatMap(({ costMs, atLeastMs }) => [`${costMs}`, `${atLeastMs}`]);
      const leads = await moveMarks(keys.length, ...keys, ...words);
      return leads.map(Number);
    },
    async close() {
      redis.disconnect();
    },
  };
}
