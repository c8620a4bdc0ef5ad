import { expect } from 'vitest';
import type { SendOutcome } from '@currents/connector';
import { createDice } from '../cohorts/cohortHarness.js';
import { openSyncHarness } from './syncHarness.js';

/**
 * Has a destination throttle and refuse, and workers and connections die, while users come and go. Checks that the counts
 * balance all along, and that the destination ends with exactly the members.
 */
export async function runFaults(seed: number, rounds: number): Promise<void> {
  const roll = createDice(seed);
  const below = (limit: number): number => Math.floor(roll() * limit);
  const names = Array.from({ length: 60 }, (_, index) => `user-${index}`);
  const harness = await openSyncHarness({ maxTries: 50 }, names.slice(0, 40));
  try {
    const outcomes: readonly SendOutcome[] = [
      { outcome: 'deferred', scope: 'current', code: 'throttled', detail: 'slow down', afterMs: 20 },
      { outcome: 'deferred', scope: 'event', code: 'unclear', detail: '?', afterMs: 5 },
      { outcome: 'split', code: 'too_large', detail: 'too much' },
      { outcome: 'delivered' },
    ];
    harness.lists.answer(async (items) => {
      const outcome = roll() < 0.4 ? outcomes[below(outcomes.length)] : undefined;
      // Only for several, so that no user is refused for good.
      if (outcome?.outcome === 'split' && items.length === 1) return { outcome: 'delivered' };
      return outcome ?? { outcome: 'delivered' };
    });
    const id = await harness.launch();
    let workers = [harness.start(), harness.start()];
    for (let round = 0; round < rounds; round++) {
      const some = Array.from({ length: 1 + below(12) }, () => names[below(names.length)] as string);
      await (below(2) === 0 ? harness.enter(...some) : harness.leave(...some));
      expect(await harness.isBalanced(id)).toBe(true);
      if (round % 6 === 3)
        await harness.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'currents-segment-syncs' and datname = current_database()
            and xact_start is not null and backend_start < now() - interval '0.2 seconds'`;
      if (round % 6 === 5) {
        await workers[0]?.stop();
        workers = [workers[1] as (typeof workers)[number], harness.start()];
      }
      // Another worker takes a sync over while its own is at work, as after a pause of a process.
      if (round % 4 === 1) await harness.sql`update segment_sync set lease = null, leased_until = null`;
    }
    harness.lists.accept();
    await harness.sql`update segment_sync set lease = null, leased_until = null, deferral_until = null`;
    await harness.quiet(id);
    const members = await harness.members(harness.segmentId);
    expect(harness.lists.members()).toEqual(members.map((key) => key.slice(1)).sort());
    expect(await harness.isBalanced(id)).toBe(true);
  } finally {
    await harness.close();
  }
}
