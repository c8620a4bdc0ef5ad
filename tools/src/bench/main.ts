import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cleanUpOnSignals, createCleanup } from '../cleanup.js';
import { runCommand, text, type OptionTable } from '../options.js';
import { amplitude } from './amplitude/amplitude.js';
import { attacks } from './attacks/attacks.js';
import type { Bench } from './bench.js';
import { cohorts } from './cohorts/cohorts.js';
import { consoleBench } from './console/consoleBench.js';
import { curve } from './curve/curve.js';
import { eventCost } from './eventCost.js';
import { lookup } from './lookup/lookup.js';
import { replay } from './replay/replay.js';
import { rules } from './rules/rules.js';
import { soak } from './soak/soak.js';
import { traces } from './traces/traces.js';

/** The first argument names the bench; without one it is `eventCost`, or the one that `--only` names. */
const benches: Readonly<Record<string, Bench<OptionTable>>> = { amplitude, attacks, cohorts };
const onlyBenches: Readonly<Record<string, Bench<OptionTable>>> = {
  console: consoleBench,
  curve,
  lookup,
  replay,
  rules,
  soak,
  traces,
};

/** Longer than a run with any sensible options. */
const maxMs = 4 * 60 * 60_000;

const args = process.argv.slice(2);
const named = benches[args[0] ?? ''];
const only = /(?:^| )--only[ =](\w+)(?: |$)/.exec(args.join(' '))?.[1];
const bench: Bench<OptionTable> = named ?? onlyBenches[only ?? ''] ?? eventCost;
const json = text('FILE', 'bench-result.json', 'the file that the result is written to');
await runCommand({ ...bench, options: { ...bench.options, json } }, named ? args.slice(1) : args, main);

async function main(options: Parameters<typeof bench.run>[0] & { readonly json: string }): Promise<void> {
  const cleanup = createCleanup();
  const { stop, isStopping } = cleanUpOnSignals('bench', cleanup);
  const limit = setTimeout(() => stop(`not done after ${maxMs / 3_600_000} hours`, 1), maxMs);
  const startedMs = Date.now();
  const before = loadavg();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'currents-bench-'));
    cleanup.add(folder, () => rm(folder, { recursive: true, force: true }));
    const result = await bench.run(options, {
      folder,
      cleanup,
      progress: (text) => console.error(`bench ${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`),
      print: (line) => console.log(line),
      fail(fault) {
        console.log(`  !!! ${fault}`);
        process.exitCode = 1;
      },
    });
    await cleanup.run();
    await writeReport(resolve(options.json), { before, after: loadavg() }, { options, ...result });
  } catch (error) {
    // While the bench is being stopped, errors are expected; the reason has been printed.
    if (isStopping()) return;
    console.error(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(limit);
    await cleanup.run();
  }
}

/** Writes the result with its conditions: date, machine and load. */
async function writeReport(
  file: string,
  loadAverage: Readonly<Record<'before' | 'after', readonly number[]>>,
  result: object,
): Promise<void> {
  const processor = cpus()[0]?.model.trim() ?? 'unknown';
  const machine = { node: process.versions.node, cores: cpus().length, processor };
  const date = new Date().toISOString();
  await writeFile(file, `${JSON.stringify({ date, ...machine, loadAverage, ...result }, null, 2)}\n`);
  const load = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(' ');
  const { before, after } = loadAverage;
  console.log(
    `\n${date}: node ${machine.node}, ${machine.cores} cores (${processor}), load ${load(before)} → ${load(after)}; all of it in ${file}`,
  );
}
