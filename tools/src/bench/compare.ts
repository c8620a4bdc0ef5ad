import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inScope, queuesOf, type Cleanup, type QueueKind, type Stage } from './bench.js';
import type { Options } from './eventCost.js';
import { checkBalance } from './hub/balance.js';
import { openHub } from './hub/openHub.js';
import { untilSettled } from './measures/arrival.js';
import { takeTurns, type HubCost } from './measures/meter.js';
import { measureThroughput } from './measures/throughput.js';
import { openGenerator, openSink } from './programs/open.js';
import { median, medianInterval } from './reading/percentiles.js';
import { describeCpu } from './report.js';

/** The functions of a checkout that start its hub and read its ledger, matching its API and tables. */
export interface Checkout {
  readonly name: 'base' | 'this';
  readonly openHub: typeof openHub;
  readonly untilSettled: typeof untilSettled;
  readonly checkBalance: typeof checkBalance;
}

export interface Pair {
  /** The hub that was started and measured first. */
  readonly first: Checkout['name'];
  readonly base: SideCost;
  readonly this: SideCost;
  /** CPU per event of this checkout divided by that of the base. */
  readonly ratio: number;
}

interface SideCost extends HubCost {
  /** Mean bytes of JSON of a delivered event. */
  readonly bytesOut: number;
}

export type Comparison = ReturnType<typeof summarise>;

/**
 * Compares the hub CPU per event of another built checkout with this one. Every pair starts new processes, because
 * two processes that do the same work differ by some per cent for as long as they run.
 */
export async function compare(root: string, options: Options, stage: Stage) {
  return comparePairs([await loadCheckout(resolve(root)), thisCheckout], options, stage);
}

export const thisCheckout: Checkout = { name: 'this', openHub, untilSettled, checkBalance };

/** Measures pairs of new hubs of the base and of what is compared with it. */
export async function comparePairs(
  [base, own]: readonly [Checkout, Checkout],
  options: Pick<Options, 'queue' | 'pairs' | 'events' | 'connections' | 'requestEvents' | 'seed'>,
  stage: Stage,
) {
  stage.progress('writing request bodies');
  const { generator } = await openGenerator(stage.cleanup, options);
  const comparisons: Partial<Record<QueueKind, Comparison>> = {};
  for (const queue of queuesOf(options.queue)) {
    const pairs: Pair[] = [];
    for (let index = 0; index < options.pairs; index++) {
      const order = index % 2 === 0 ? ([base, own] as const) : ([own, base] as const);
      const pair = await inScope(stage.cleanup, `a pair on ${queue}`, (cleanup) =>
        measurePair(order, queue, join(stage.folder, `${queue}-${index}`), cleanup),
      );
      stage.progress(`${queue}, pair ${index + 1} of ${options.pairs}: ${describePair(pair)}`);
      pairs.push(pair);
    }
    comparisons[queue] = summarise(pairs);
    for (const line of describeComparison(queue, comparisons[queue])) stage.print(line);
  }
  return { comparisons };

  async function measurePair(
    order: readonly [Checkout, Checkout],
    queue: QueueKind,
    place: string,
    cleanup: Cleanup,
  ): Promise<Pair> {
    const sides = [
      await openSide(order[0], queue, place, cleanup),
      await openSide(order[1], queue, place, cleanup),
    ] as const;
    const costs = await takeTurns([sides[0].flow, sides[1].flow], options.events);
    const first = { ...costs[0], bytesOut: await sides[0].check() };
    const second = { ...costs[1], bytesOut: await sides[1].check() };
    const [base, own] = order[0].name === 'base' ? [first, second] : [second, first];
    return { first: order[0].name, base, this: own, ratio: own.sumMicros / base.sumMicros };
  }

  /** Starts the hub of a checkout with a separate sink. */
  async function openSide(checkout: Checkout, queue: QueueKind, place: string, cleanup: Cleanup) {
    const folder = join(place, checkout.name);
    await mkdir(folder, { recursive: true });
    const { sink, url: sinkUrl } = await openSink(cleanup);
    const hub = await checkout.openHub({ queue, sinkUrl, folder }, cleanup);
    if (!hub) throw new Error('there is no redis-server on this machine');
    const traffic = { generator, sink, connections: options.connections };
    let sent = 0;
    return {
      async flow(events: number): Promise<HubCost> {
        const measured = await measureThroughput(hub, traffic, events, checkout.untilSettled);
        sent += measured.events;
        return measured;
      },
      /** Returns the mean bytes of a delivered event. */
      async check(): Promise<number> {
        const arrived = await sink.call('arrivals');
        const { faults } = await checkout.checkBalance(hub, sent, arrived.events);
        for (const fault of [...faults, ...(await hub.troubles())]) stage.fail(`${checkout.name}: ${fault}`);
        return arrived.bytes / arrived.events;
      },
    };
  }
}

async function loadCheckout(root: string): Promise<Checkout> {
  const load = async (file: string): Promise<object> => {
    const path = join(root, 'tools/dist/bench', file);
    return (await import(pathToFileURL(path).href)) as object;
  };
  const modules = await Promise.all(['hub/openHub.js', 'measures/arrival.js', 'hub/balance.js'].map(load));
  return { ...(Object.assign({}, ...modules) as Omit<Checkout, 'name'>), name: 'base' };
}

/** `interval` is undefined with fewer than six pairs. */
function summarise(pairs: readonly Pair[]) {
  const ratios = pairs.map(({ ratio }) => ratio);
  return { pairs, medianRatio: median(ratios), interval: medianInterval(ratios) };
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
