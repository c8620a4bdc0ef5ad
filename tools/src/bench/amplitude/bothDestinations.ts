import { readTally } from '../hub/balance.js';
import type { Hub } from '../hub/openHub.js';
import { withoutLimits } from '../hub/provision.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import { prepareFloor, warmUpEventsOf } from '../measures/floor.js';
import { startMeter, type Cost } from '../measures/meter.js';
import { median } from '../reading/percentiles.js';
import type { Round } from '../result.js';
import { connections, openEmptyHub, openGenerator, openSink, type Stage } from './stage.js';

export interface BothDestinations {
  /** CPU µs of api, worker and stores for an event at one destination, in the median: with budgets, and without. */
  readonly withBudgets: number;
  readonly without: number;
  /** With budgets, over the plain script of the same round and over the cheapest script that packs, in the median. */
  readonly timesPlain: number;
  readonly timesTuned: number;
  /** With budgets over without, round by round. */
  readonly ratios: readonly number[];
  readonly faults: readonly string[];
}

interface Side {
  readonly hub: Hub;
  readonly currentIds: readonly number[];
  readonly micros: number[];
  sent: number;
}

/** Rounds after which a hub costs no less in the next one. */
const warmUpRounds = 3;

/**
 * A round of one hub and of the other is cut into parts that alternate, neither being first or last more often. So what
 * else goes on for some seconds on the machine falls upon both.
 */
const turnsOfRound = ['on', 'off', 'off', 'on', 'off', 'on', 'on', 'off'] as const;
const partsOfSide = turnsOfRound.length / 2;

/** Two hubs, one of which enforces budgets, take turns; each has a Current to either destination. */
export async function measureBothDestinations(stage: Stage): Promise<BothDestinations> {
  const { options, cleanup, say, folder } = stage;
  const [first, second] = [await openSink(cleanup), await openSink(cleanup)];
  const generator = await openGenerator(cleanup, { seed: 1, requestEvents: 100 });
  const runFloor = await prepareFloor({ options: { events: options.events, seed: 1 }, sink: first.sink, sinkUrl: first.url, folder, cleanup, say });
  let toFirst = 0;
  let toSecond = 0;

  async function open(enforceBudgets: boolean): Promise<Side> {
    const hub = await openEmptyHub(stage, { ENFORCE_BUDGETS: String(enforceBudgets) });
    const currentIds = [
      await hub.launch({ destination: 'mixpanel', settings: { region: 'us', baseUrl: first.url, ...withoutLimits } }),
      // Compressed like the other one, and like the floor.
      await hub.launch({ destination: 'amplitude', settings: { region: 'us', baseUrl: second.url, gzip: true } }),
    ];
    return { hub, currentIds, micros: [], sent: 0 };
  }

  /** What an event at one destination costs. */
  async function flood(side: Side, events: number): Promise<Cost> {
    const { hub, currentIds } = side;
    const stopMeter = startMeter(hub, { generator, sink: first.sink });
    const flow = await generator.call('flood', { url: hub.url, token: hub.token, connections, events });
    side.sent += flow.events;
    await untilArrived(first.sink, (toFirst += flow.events));
    await untilArrived(second.sink, (toSecond += flow.events));
    for (const currentId of currentIds) await untilSettled({ ...hub, currentId });
    return stopMeter(flow.events * currentIds.length);
  }

  async function measureRound(): Promise<void> {
    const costs = { on: [] as Cost[], off: [] as Cost[] };
    for (const side of [on, off]) await flood(side, warmUpEventsOf(options));
    for (const name of turnsOfRound) costs[name].push(await flood(sides[name], Math.ceil(options.events / partsOfSide)));
    for (const [name, parts] of Object.entries(costs) as [keyof typeof sides, Cost[]][]) {
      const meanOf = (read: (cost: Cost) => number): number => parts.reduce((sum, cost) => sum + read(cost), 0) / parts.length;
      const sum = meanOf(({ sumMicros }) => sumMicros);
      sides[name].micros.push(sum);
      const processes = Object.keys(parts[0]?.cpuMicros ?? {});
      const told = processes.map((process) => `${process} ${meanOf(({ cpuMicros }) => cpuMicros[process] ?? 0).toFixed(1)}`);
      say(`budgets ${name}: ${told.join(' + ')} = ${sum.toFixed(1)} µs`);
    }
  }

  async function floor(): Promise<Round['floor']> {
    const measures = await runFloor();
    toFirst = (await first.sink.call('arrivals')).events;
    return measures;
  }

  const on = await open(true);
  const off = await open(false);
  const sides = { on, off };
  say('warming up');
  for (let round = 0; round < warmUpRounds; round++) for (const side of [on, off]) await flood(side, options.events);
  const floors: Round['floor'][] = [];
  for (let round = 0; round < options.rounds; round++) {
    floors.push(await floor());
    await measureRound();
  }
  const faults: string[] = [];
  for (const { hub, currentIds, sent } of [on, off]) {
    for (const currentId of currentIds) {
      const { delivered } = await readTally({ ...hub, currentId });
      if (delivered !== sent) faults.push(`${sent} events were acknowledged, the ledger of a Current calls ${delivered} delivered`);
    }
    faults.push(...(await hub.troubles()));
  }
  const ratios = on.micros.map((micros, round) => micros / (off.micros[round] ?? NaN));
  const timesFloor = (isMeant: (variant: string) => boolean): number =>
    median(on.micros.map((micros, round) => micros / Math.min(...(floors[round] ?? []).filter(({ variant }) => isMeant(variant)).map(({ cpuMicros }) => cpuMicros))));
  return {
    withBudgets: median(on.micros),
    without: median(off.micros),
    timesPlain: timesFloor((variant) => variant === 'plain script, gzip 1'),
    timesTuned: timesFloor((variant) => variant.startsWith('gzip')),
    ratios,
    faults,
  };
}
