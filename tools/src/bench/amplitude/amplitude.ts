import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { defineBench } from '../bench.js';
import { inScope } from '../bench.js';
import { openHub, type Hub } from '../hub/openHub.js';
import { median } from '../reading/percentiles.js';
import { measureBothDestinations } from './bothDestinations.js';
import { measureHotDevice } from './hotDevice.js';
import { measureSlowPartner } from './slowPartner.js';
import { options, type AmplitudeStage } from './stage.js';

type Measured<Result> = Promise<Result & { readonly faults: readonly string[] }>;

/** Prints the results of a part. */
const parts = {
  'hot-device': async (stage: AmplitudeStage) => {
    const measured = await measureHotDevice(stage);
    const { alone, beside, refusals, maxInAWindow, allowed, waiting, askedMs, drainSeconds } = measured;
    const { hot, others, queue } = stage.options;
    stage.print(`${hot} events a second of one device beside ${others} of others, budgets in ${queue}:`);
    stage.print(`  p95 of the others ${compared(alone, beside)}`);
    stage.print(`  429s: ${refusals}; maximum of the device in 30 s: ${maxInAWindow} of ${allowed}`);
    stage.print(
      `  at most ${waiting} events waited; listing the throttled keys took ${askedMs.toFixed(0)} ms; drained in ${drainSeconds.toFixed(1)} s once the limit rose`,
    );
    return measured;
  },
  'slow-partner': async (stage: AmplitudeStage) => {
    const measured = await measureSlowPartner(stage);
    const { alone, beside, waiting } = measured;
    stage.print(`A Current beside one whose partner answers after ${stage.options.slowMs / 1_000} s:`);
    stage.print(`  p95 ${compared(alone, beside)}; ${waiting} events waited for the slow one`);
    return measured;
  },
  both: async (stage: AmplitudeStage) => {
    const measured = await measureBothDestinations(stage);
    const { withBudgets, without, timesPlain, timesTuned, ratios } = measured;
    stage.print('Two destinations at once, CPU of api, worker and stores for an event at one of them:');
    stage.print(
      `  ${withBudgets.toFixed(1)} µs, ${timesPlain.toFixed(2)}× the plain script with gzip, ${timesTuned.toFixed(2)}× the tuned one`,
    );
    stage.print(
      `  without budgets ${without.toFixed(1)} µs; with over without, ${median(ratios).toFixed(3)} in the median of ${ratios.map((ratio) => ratio.toFixed(3)).join(', ')}`,
    );
    return measured;
  },
} satisfies Record<string, (stage: AmplitudeStage) => Measured<object>>;

/** A hot device, a slow partner, and two destinations at once. */
export const amplitude = defineBench({
  name: 'npm run bench:amplitude',
  summary: `Measures the second destination.
hot-device    how a device that sends more than Amplitude’s HTTP V2 API accepts affects the delays of other devices
slow-partner  how a partner that takes half a minute to answer affects the delays of another Current
both          what an event costs for each of two destinations, beside a bare script; with and without budgets`,
  options,
  async run(given, stage) {
    const results: Record<string, object> = {};
    for (const part of given.only ? [given.only] : (['hot-device', 'slow-partner', 'both'] as const)) {
      results[part] = await inScope(stage.cleanup, part, async (cleanup) => {
        const measured = await parts[part]({ ...stage, cleanup, options: given, openHub: open });
        for (const fault of measured.faults) stage.fail(fault);
        return measured;

        async function open(): Promise<Hub> {
          // A separate folder, because all hubs use the same names of logs.
          const folder = await mkdtemp(join(stage.folder, 'hub-'));
          const hub = await openHub({ queue: given.queue, folder }, cleanup);
          if (!hub) throw new Error('there is no redis-server on this machine');
          return hub;
        }
      });
    }
    return { results };
  },
});

function compared(alone: number, beside: number): string {
  return `${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside it: ${(beside / alone).toFixed(2)}×`;
}
