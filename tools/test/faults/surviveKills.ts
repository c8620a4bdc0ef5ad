import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { createRandom } from '../../src/fakes/random.js';
import type { Slot } from './fleet.js';
import { openFaultHarness } from './faultHarness.js';

const kills = 10;

/** Kills api and worker ten times each under load, and sees that nothing is lost, doubled or made up. */
export async function surviveKills(redisUrl?: string): Promise<void> {
  const harness = await openFaultHarness({ workers: 1, redisUrl });
  try {
    const load = harness.startLoad();
    await Promise.all([harness.api, ...harness.workers].map((slot, index) => killAgainAndAgain(slot, 11 + index)));
    const sent = await load.stop();
    // What a killed worker had taken is leased for two request timeouts and 30 s.
    await harness.expectAllThere(sent, 60_000);
    expect(Object.keys(sent.troubles).length).toBeGreaterThan(0);
  } finally {
    await harness.stop();
  }
}

/** Ends what runs in a slot at moments drawn from a seed, and starts it again each time. */
async function killAgainAndAgain(slot: Slot, seed: number): Promise<void> {
  const random = createRandom(seed);
  for (let killed = 0; killed < kills; killed++) {
    await wait(200 + random() * 1_000);
    await slot.kill();
    await slot.start();
  }
}
