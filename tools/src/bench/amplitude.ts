import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCleanup } from './cleanup.js';
import { measureBothDestinations } from './amplitude/bothDestinations.js';
import { measureHotDevice } from './amplitude/hotDevice.js';
import { readOptions, type Options, type Part } from './amplitude/options.js';
import { measureSlowPartner } from './amplitude/slowPartner.js';
import type { Stage } from './amplitude/stage.js';
import { readWords } from './readWords.js';
import { median } from './reading/percentiles.js';

type Measured = { readonly lines: readonly string[]; readonly faults: readonly string[] };

const measures: Readonly<Record<Part, (stage: Stage) => Promise<Measured>>> = {
  async 'hot-device'(stage) {
    const { hot, others, queue } = stage.options;
    const { alone, beside, refusals, mostInAWindow, allowed, waiting, askedMs, drainSeconds, faults } =
      await measureHotDevice(stage);
    const lines = [
      `${hot} events a second of one device beside ${others} of others, marks in ${queue}:`,
      `  p95 of the others ${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside it: ${(beside / alone).toFixed(2)}×`,
      `  429s: ${refusals}; most of the device in 30 s: ${mostInAWindow} of ${allowed}`,
      `  at most ${waiting} events waited; asking who waits took ${askedMs.toFixed(0)} ms; drained in ${drainSeconds.toFixed(1)} s once the limit rose`,
    ];
    return { lines, faults };
  },
  async 'slow-partner'(stage) {
    const { alone, beside, waiting, faults } = await measureSlowPartner(stage);
    const lines = [
      `A Current beside one whose partner answers after ${stage.options.slowMs / 1_000} s:`,
      `  p95 ${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside it: ${(beside / alone).toFixed(2)}×; ${waiting} events waited for the slow one`,
    ];
    return { lines, faults };
  },
  async both(stage) {
    const { withBudgets, without, timesPlain, timesTuned, ratios, faults } = await measureBothDestinations(stage);
    const lines = [
      'Two destinations at once, CPU of api, worker and stores for an event at one of them:',
      `  ${withBudgets.toFixed(1)} µs, ${timesPlain.toFixed(2)}× the plain script that packs, ${timesTuned.toFixed(2)}× the tuned one`,
      `  without budgets ${without.toFixed(1)} µs; with over without, ${median(ratios).toFixed(3)} in the median of ${ratios.map((ratio) => ratio.toFixed(3)).join(', ')}`,
    ];
    return { lines, faults };
  },
};

async function main(options: Options): Promise<void> {
  const cleanup = createCleanup();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void cleanup.run().then(() => process.exit(130)));
  const startedMs = Date.now();
  const say = (text: string): void =>
    console.error(`bench ${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  try {
    for (const part of options.parts) {
      const folder = await mkdtemp(join(tmpdir(), 'currents-bench-'));
      cleanup.add(folder, () => rm(folder, { recursive: true, force: true }));
      const { lines, faults } = await measures[part]({ options, folder, cleanup, say });
      // What one part has started ends before the next begins.
      await cleanup.run();
      console.log([...lines, ...faults.map((fault) => `  !!! ${fault}`)].join('\n'));
      if (faults.length > 0) process.exitCode = 1;
    }
  } finally {
    await cleanup.run();
  }
}

const asked = readWords('bench:amplitude', readOptions);
if (asked && 'help' in asked) console.log(asked.help);
else if (asked) await main(asked.options);
