import { writeFile } from 'node:fs/promises';
import { queuesOf } from '../bench/bench.js';
import { cleanUpOnSignals, createCleanup, inScope } from '../cleanup.js';
import { runCommand } from '../options.js';
import { chaos } from './chaos.js';
import { runChaos, type ChaosResult } from './runChaos.js';
import { describeEntry } from './timeline.js';

/** Waiting for drained queues included. */
const maxMinutesMore = 15;

await runCommand(chaos, process.argv.slice(2), async ({ seed, seeds, minutes, queue, json }) => {
  const { first, last } = seeds ?? { first: seed, last: seed };
  const cleanup = createCleanup();
  const { stop, isStopping } = cleanUpOnSignals('chaos', cleanup);
  const results: ChaosResult[] = [];
  try {
    for (let each = first; each <= last; each++)
      for (const kind of queuesOf(queue)) {
        console.log(`\nseed ${each}, queue in ${kind}, ${minutes} min of faults`);
        const limit = setTimeout(
          () => {
            stop(`not done after ${minutes + maxMinutesMore} minutes`, 1);
          },
          (minutes + maxMinutesMore) * 60_000,
        );
        const result = await inScope(cleanup, 'the run', (scope) =>
          runChaos(
            {
              seed: each,
              durationMs: minutes * 60_000,
              queue: kind,
              onEntry: (entry) => console.log(describeEntry(entry)),
            },
            scope,
          ),
        ).finally(() => clearTimeout(limit));
        results.push(result);
        printResult(result);
      }
  } catch (error) {
    // While it is being stopped, errors are expected.
    if (isStopping()) return;
    console.error(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  } finally {
    await cleanup.run();
  }
  if (isStopping()) return;
  if (results.length > 1) printSum(results, minutes);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  if (results.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
});

function printResult({
  seed,
  queue,
  violations,
  logFolder,
  events,
  faultCount,
  stateCount,
  ...result
}: ChaosResult): void {
  const { without, copies, drainMs, repeated } = result;
  const unmade = without.filter((fault) => fault.includes('.'));
  console.log(`
seed ${seed}, queue in ${queue}: ${violations.length === 0 ? 'every event is accounted for' : `${violations.length} VIOLATIONS`}
  faults     ${faultCount}, ${stateCount} state events${unmade.length > 0 ? `; not possible here (Linux and root): ${unmade.join(', ')}` : ''}
  events     ${events.accepted} accepted, ${events.quarantined} quarantined; requests repeated after ${JSON.stringify(repeated)}
  partners   took ${copies.stored} events, ${copies.dropped} of them as repeats that they drop
  drained    ${(drainMs / 1_000).toFixed(1)} s after the last fault`);
  for (const violation of violations) console.error(`  !!! ${violation}`);
  if (logFolder !== undefined)
    console.error(`  look at the logs in ${logFolder}; --seed ${seed} --queue ${queue} makes the same faults again`);
}

function printSum(results: readonly ChaosResult[], minutes: number): void {
  const sum = (count: (result: ChaosResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const failed = results.filter(({ violations }) => violations.length > 0);
  console.log(`
${results.length} runs, ${results.length * minutes} minutes of faults: ${sum(({ faultCount }) => faultCount)} faults, ${sum(({ stateCount }) => stateCount)} state events, ${sum(({ events }) => events.accepted)} events accepted; ${
    failed.length === 0
      ? 'no violation'
      : `violations with ${failed.map(({ seed, queue }) => `seed ${seed} (${queue})`).join(', ')}`
  }`);
}
