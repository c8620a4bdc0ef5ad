import { expect, it } from 'vitest';
import { redisForTest } from '../faults/redis.js';
import { roll } from './roll.js';

const places = [['Postgres', undefined] as const, ...(redisForTest() ? [['Redis', redisForTest()] as const] : [])];

it.each(places)(
  '12. compatible storage: three upgrades and roll-backs under load with kills lose nothing, with the queue in %s',
  async (place, redisUrl) => {
    const result = await roll({ rounds: 3, eventsPerStep: 2_000, withKills: true, redisUrl });
    console.log(`rolling upgrade with the queue in ${place}: ${JSON.stringify(result)}`);
    expect(result).toMatchObject({ steps: 22, kills: 18 });
    expect(result.accepted).toBeGreaterThan(44_000);
  },
  900_000,
);
