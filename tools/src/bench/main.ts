import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createCleanup } from './cleanup.js';
import { OptionsInvalid, readOptions, type Options } from './options.js';
import { describeProfile, type CpuProfile } from './reading/profile.js';
import { describeResult } from './report.js';
import type { BenchResult } from './result.js';
import { runBench } from './runBench.js';

/** More than any sensible choice of options takes. */
const longestMs = 60 * 60_000;

async function main(options: Options): Promise<void> {
  const cleanup = createCleanup();
  let stopping = false;
  const stop = (why: string, exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    console.error(`bench: ${why}; ending what was started`);
    void cleanup.run().then(() => process.exit(exitCode));
  };
  process.once('SIGINT', () => stop('interrupted', 130));
  process.once('SIGTERM', () => stop('told to stop', 143));
  process.once('SIGHUP', () => stop('its terminal is gone', 129));
  const limit = setTimeout(() => stop(`not done after ${longestMs / 60_000} minutes`, 1), longestMs);

  const startedMs = Date.now();
  const say = (text: string): void =>
    console.error(`bench ${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  try {
    const result = await runBench(options, cleanup, say);
    await cleanup.run();
    await report(result, options);
  } catch (error) {
    // Once it is being stopped, everything fails, and what failed first has been said.
    if (stopping) return;
    console.error(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(limit);
    await cleanup.run();
  }
}

async function report(result: BenchResult, { json, profileFolder }: Options): Promise<void> {
  const file = resolve(json);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(describeResult(result));
  if (profileFolder !== undefined) await describeProfiles(profileFolder, result);
  console.log(`\nAll of it in ${file}`);
  const unbalanced = Object.values(result.queues).some(
    (measured) => 'balance' in measured && !measured.balance.balances,
  );
  if (unbalanced) process.exitCode = 1;
}

/** A worker that another one followed, for a backlog, had an unknown part of the events. */
async function describeProfiles(folder: string, { options, queues }: BenchResult): Promise<void> {
  for (const [queue, measured] of Object.entries(queues)) {
    if ('notRun' in measured) continue;
    for (const name of (await readdir(join(folder, queue))).filter((name) => name.endsWith('.cpuprofile')).sort()) {
      const path = join(folder, queue, name);
      const profile = JSON.parse(await readFile(path, 'utf8')) as CpuProfile;
      const events = name.startsWith('api') || !options.parts.includes('backlog') ? measured.balance.sent : undefined;
      console.log(
        `\n${path}\n${describeProfile(profile, events)
          .map((line) => `  ${line}`)
          .join('\n')}`,
      );
    }
  }
}

try {
  const asked = readOptions(process.argv.slice(2));
  if ('help' in asked) console.log(asked.help);
  else await main(asked.options);
} catch (error) {
  if (!(error instanceof OptionsInvalid)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
