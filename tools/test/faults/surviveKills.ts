import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { createRandom } from '../../src/fakes/random.js';
import type { Slot } from '../../src/hub/slot.js';
import { openFaultHarness } from './faultHarness.js';

interface KillOptions {
  /** How often each of them is killed. */
  readonly kills: number;
  /** The Redis of the queue; default: the queue is in Postgres. */
  readonly redisUrl?: string | undefined;
}

/** Kills api and worker repeatedly under load, and expects no lost, duplicate or invented event. */
export async function surviveKills({ kills, redisUrl }: KillOptions): Promise<void> {
  const harness = await openFaultHarness({ workers: 1, redisUrl });
  try {
    const load = harness.startLoad();
    await Promise.all([harness.api, ...harness.workers].map((slot, index) => killRepeatedly(slot, kills, 11 + index)));
    const sent = await load.stop();
    // Deliveries of a killed worker stay leased for two request timeouts and 30 s.
    await harness.expectAllThere(sent, 60_000);
    expect(Object.keys(sent.troubles).length).toBeGreaterThan(0);
  } finally {
    await harness.stop();
  }
}

/** Kills a program at pseudo-random times, and restarts it each time. */
async function killRepeatedly(slot: Slot, kills: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  for (let killed = 0; killed < kills; killed++) {
    await wait(200 + random() * 1_000);
    await slot.kill();
    await slot.start();
  }
}
