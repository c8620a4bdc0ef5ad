import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { QueueKind, Stage } from './bench.js';
import { inScope, type Cleanup } from './cleanup.js';
import { checkBalance } from './hub/balance.js';
import { openHub } from './hub/openHub.js';
import { untilSettled } from './measures/arrival.js';
import { measureThroughput } from './measures/throughput.js';
import { openGenerator, openSink } from './programs/open.js';
import type { Generator } from './programs/generator.js';
import type { Program } from './programs/program.js';
import { median, medianInterval, type Interval } from './reading/percentiles.js';
import { describeCpu } from './report.js';

export interface CompareOptions {
  readonly events: number;
  readonly pairs: number;
  readonly requestEvents: number;
  readonly connections: number;
  readonly seed: number;
  readonly queue: 'postgres' | 'redis' | 'both';
}

/** How a checkout starts its hub and reads its ledger: its own functions, which know its API and its tables. */
interface Checkout {
  readonly name: 'base' | 'this';
  readonly openHub: typeof openHub;
  readonly untilSettled: typeof untilSettled;
  readonly checkBalance: typeof checkBalance;
}

/** Mean CPU µs per event in one pair. */
interface HubCost {
  readonly cpuMicros: Readonly<Record<string, number>>;
  readonly sumMicros: number;
}

export interface Pair {
  /** The hub that was started first, and whose turn came first. */
  readonly first: Checkout['name'];
  readonly base: HubCost;
  readonly this: HubCost;
  /** CPU per event of this checkout over that of the base. */
  readonly ratio: number;
}

export interface Comparison {
  readonly pairs: readonly Pair[];
  readonly medianRatio: number;
  /** Undefined with fewer than six pairs. */
  readonly interval: Interval | undefined;
}

/** Within a pair the hubs take turns, so that what else happens on the machine concerns both. */
const turns = [0, 1, 1, 0, 1, 0, 0, 1] as const;
const warmUpRounds = 3;

/**
 * Compares the hub CPU per event of another built checkout with this one. Every pair starts both hubs anew, because
 * two processes that do the same work differ by some per cent for as long as they run.
 */
export async function compare(
  folder: string,
  options: CompareOptions,
  stage: Stage,
): Promise<{ readonly comparisons: Partial<Record<QueueKind, Comparison>> }> {
  const base = await loadCheckout(resolve(folder));
  const own: Checkout = { name: 'this', openHub, untilSettled, checkBalance };
  stage.progress('writing request bodies');
  const { generator } = await openGenerator(stage.cleanup, options);
  const comparisons: Partial<Record<QueueKind, Comparison>> = {};
  for (const queue of options.queue === 'both' ? (['postgres', 'redis'] as const) : [options.queue]) {
    const pairs: Pair[] = [];
    for (let index = 0; index < options.pairs; index++) {
      const order = index % 2 === 0 ? ([base, own] as const) : ([own, base] as const);
      const pair = await inScope(stage.cleanup, `a pair on ${queue}`, async (cleanup) => {
        const place = join(stage.folder, `${queue}-${index}`);
        return measurePair(order, { queue, place, options, generator, cleanup, stage });
      });
      stage.progress(`${queue}, pair ${index + 1} of ${options.pairs}: ${describePair(pair)}`);
      pairs.push(pair);
    }
    const ratios = pairs.map(({ ratio }) => ratio);
    const comparison = { pairs, medianRatio: median(ratios), interval: medianInterval(ratios) };
    comparisons[queue] = comparison;
    for (const line of describeComparison(queue, comparison)) stage.print(line);
  }
  return { comparisons };
}

async function loadCheckout(root: string): Promise<Checkout> {
  const load = async (file: string): Promise<object> => {
    const path = join(root, 'tools/dist/bench', file);
    return (await import(pathToFileURL(path).href)) as object;
  };
  const modules = await Promise.all(['hub/openHub.js', 'measures/arrival.js', 'hub/balance.js'].map(load));
  return { ...(Object.assign({}, ...modules) as Omit<Checkout, 'name'>), name: 'base' };
}

interface PairPlan {
  readonly queue: QueueKind;
  readonly place: string;
  readonly options: CompareOptions;
  readonly generator: Program<Generator>;
  readonly cleanup: Cleanup;
  readonly stage: Stage;
}

async function measurePair(order: readonly [Checkout, Checkout], plan: PairPlan): Promise<Pair> {
  const { options } = plan;
  const sides = [await openSide(order[0], plan), await openSide(order[1], plan)] as const;
  for (let round = 0; round < warmUpRounds; round++) for (const side of sides) await side.flow(options.events);
  const costs: readonly [HubCost[], HubCost[]] = [[], []];
  const part = Math.ceil((options.events * 2) / turns.length);
  for (const turn of turns) costs[turn].push(await sides[turn].flow(part));
  for (const side of sides) await side.check();
  const [first, second] = [meanOf(costs[0]), meanOf(costs[1])];
  const isBaseFirst = order[0].name === 'base';
  const [base, own] = isBaseFirst ? [first, second] : [second, first];
  return { first: order[0].name, base, this: own, ratio: own.sumMicros / base.sumMicros };
}

/** Starts the hub of a checkout with a sink of its own. */
async function openSide(checkout: Checkout, { queue, place, options, generator, cleanup, stage }: PairPlan) {
  const folder = join(place, checkout.name);
  await mkdir(folder, { recursive: true });
  const { sink, url: sinkUrl } = await openSink(cleanup);
  const hub = await checkout.openHub({ queue, sinkUrl, folder, profileFolder: undefined }, cleanup);
  if (!hub) throw new Error('there is no redis-server on this machine');
  const traffic = { generator, sink, connections: options.connections };
  let sent = 0;
  return {
    async flow(events: number): Promise<HubCost> {
      const measured = await measureThroughput(hub, traffic, events, checkout.untilSettled);
      sent += measured.events;
      return measured;
    },
    async check(): Promise<void> {
      const { faults } = await checkout.checkBalance(hub, sent, (await sink.call('arrivals')).events);
      for (const fault of [...faults, ...(await hub.troubles())]) stage.fail(`${checkout.name}: ${fault}`);
    },
  };
}

function meanOf(costs: readonly HubCost[]): HubCost {
  const mean = (read: (cost: HubCost) => number): number =>
    costs.reduce((sum, cost) => sum + read(cost), 0) / costs.length;
  const names = Object.keys(costs[0]?.cpuMicros ?? {});
  return {
    cpuMicros: Object.fromEntries(names.map((name) => [name, mean(({ cpuMicros }) => cpuMicros[name] ?? 0)])),
    sumMicros: mean(({ sumMicros }) => sumMicros),
  };
}

function describePair({ first, base, this: own, ratio }: Pair): string {
  return `base ${describeCpu(base)}, this ${describeCpu(own)}, ratio ${ratio.toFixed(3)} (${first} first)`;
}

function describeComparison(queue: QueueKind, { pairs, medianRatio, interval }: Comparison): string[] {
  const range = interval
    ? `95 % interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)} (order statistics ${interval.rank} and ${pairs.length + 1 - interval.rank} of ${pairs.length}, coverage ${(interval.coverage * 100).toFixed(1)} %)`
    : 'no 95 % interval with fewer than six pairs';
  return [
    `Hub CPU per event, queue in ${queue === 'redis' ? 'Redis' : 'Postgres'}: this checkout over the base`,
    ...pairs.map((pair, index) => `  ${String(index + 1).padStart(3)}  ${describePair(pair)}`),
    `  median ratio ${medianRatio.toFixed(3)}, ${range}`,
  ];
}
