import { Presets, SingleBar } from 'cli-progress';
import { number, runCommand } from '../options.js';
import { runFuzz, type FuzzResult } from './runFuzz.js';

const command = {
  name: 'npm run fuzz',
  summary: `Sends generated requests to all endpoints of a hub of its own: heads of HTTP, JSON, lines, gzip, damaged UTF-8 and
GraphQL documents, most of them with faults. Fails if a process ends or logs an error, an answer is 500 or missing, or
a good event is lost. The same seed generates the same requests.`,
  options: {
    seed: number(1, 1, 1_000_000, 'what the requests are generated from'),
    requests: number(1_000_000, 1, 100_000_000, 'how many requests to send'),
  },
};

/** The memory of the second half may exceed that of the first by this much: the heap grows to its size in the beginning. */
const maxGrowthMegabytes = 64;

await runCommand(command, process.argv.slice(2), async (options) => {
  const bar = new SingleBar(
    {
      format: '  {bar} {value}/{total} requests, {faults} faults, {eta_formatted} left',
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    Presets.shades_classic,
  );
  bar.start(options.requests, 0, { faults: 0 });
  const onProgress = (done: number, { faultCount }: FuzzResult): void => bar.update(done, { faults: faultCount });
  const onFault = (text: string): void => console.error(`fault: ${text}`);
  const result = await runFuzz({ ...options, onProgress, onFault }).finally(() => bar.stop());
  const { answers, goodEvents, lostEvents, counts, memory, stallMs, largestAnswerBytes, faults, faultCount } = result;
  for (const [endpoint, byStatus] of Object.entries(answers))
    console.log(`${endpoint.padEnd(12)}${JSON.stringify(byStatus)}`);
  console.log(`
good events   ${goodEvents} accepted, ${lostEvents} lost
the Current   ${JSON.stringify(counts)}
memory        at most ${memory.firstHalf.toFixed(0)} MB in the first half, ${memory.secondHalf.toFixed(0)} MB in the second; peak ${memory.peak.toFixed(0)} MB
longest stall ${stallMs.toFixed(0)} ms of the api's event loop
largest       answer of ${largestAnswerBytes} bytes`);
  const grew = options.requests >= 100_000 && memory.secondHalf - memory.firstHalf > maxGrowthMegabytes;
  if (grew) console.error('fault: the memory of the api grew');
  if (faultCount > faults.length) console.error(`… and ${faultCount - faults.length} more faults`);
  process.exitCode = grew || faultCount > 0 ? 1 : 0;
});
