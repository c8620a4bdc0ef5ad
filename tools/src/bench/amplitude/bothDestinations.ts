import { readTally } from '../hub/balance.js';
import { withoutLimits, type Hub } from '../hub/openHub.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import { prepareFloor } from '../measures/floor.js';
import { startMeter, type Cost } from '../measures/meter.js';
import { median } from '../reading/percentiles.js';
import type { Round } from '../result.js';
import { openGenerator, openSink } from '../programs/open.js';
import { connections, type AmplitudeStage } from './stage.js';

/** A hub with a Current to either destination. */
interface Side {
  readonly hub: Hub;
  readonly currentIds: readonly number[];
  sent: number;
}

/** Rounds until the cost of a worker no longer falls. */
const warmUpRounds = 3;

/** In a round the two hubs take turns, so that what else happens on the machine concerns both. */
const turns = [0, 1, 1, 0, 1, 0, 0, 1] as const;
const partsOfRound = turns.length / 2;

/**
 * Two hubs, one of which enforces budgets. Every round swaps them and starts new workers, because two processes that
 * do the same work differ by up to 5 % for as long as they run.
 */
export async function measureBothDestinations(stage: AmplitudeStage) {
  const { options, cleanup, progress } = stage;
  const [first, second] = [await openSink(cleanup), await openSink(cleanup)];
  const { generator } = await openGenerator(cleanup, { seed: 1, requestEvents: 100 });
  const runFloor = await prepareFloor(stage, first, { events: options.events, seed: 1 });
  let toFirst = 0;
  let toSecond = 0;

  async function open(): Promise<Side> {
    const hub = await stage.openHub();
    const launched = [
      await hub.launch('mixpanel', { baseUrl: first.url, ...withoutLimits }),
      // Compressed like the other one, and like the floor.
      await hub.launch('amplitude', { baseUrl: second.url, gzip: true }),
    ];
    return { hub, currentIds: launched.map(({ currentId }) => currentId), sent: 0 };
  }

  /** Measures an event at one destination. */
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

  async function floor(): Promise<Round['floor']> {
    const measures = await runFloor();
    toFirst = (await first.sink.call('arrivals')).events;
    return measures;
  }

  /** Mean CPU µs for an event at one destination over the parts of a round. */
  function meanOf(name: string, costs: readonly Cost[]): number {
    const mean = (read: (cost: Cost) => number): number =>
      costs.reduce((sum, cost) => sum + read(cost), 0) / costs.length;
    const sum = mean(({ sumMicros }) => sumMicros);
    const named = Object.keys(costs[0]?.cpuMicros ?? {}).map(
      (process) => `${process} ${mean(({ cpuMicros }) => cpuMicros[process] ?? 0).toFixed(1)}`,
    );
    progress(`${name}: ${named.join(' + ')} = ${sum.toFixed(1)} µs`);
    return sum;
  }

  const sides = [await open(), await open()] as const;
  const rounds: { readonly floor: Round['floor']; readonly on: number; readonly off: number }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const variants = await floor();
    for (const [index, { hub }] of sides.entries()) {
      await hub.stopWorker();
      await hub.startWorker({ ENFORCE_BUDGETS: String(index === round % 2) });
    }
    progress('warming up');
    for (let warmUp = 0; warmUp < warmUpRounds; warmUp++) for (const side of sides) await flood(side, options.events);
    const costs: readonly [Cost[], Cost[]] = [[], []];
    for (const index of turns) costs[index].push(await flood(sides[index], Math.ceil(options.events / partsOfRound)));
    const [on, off] = round % 2 === 0 ? costs : [costs[1], costs[0]];
    rounds.push({ floor: variants, on: meanOf('with budgets', on), off: meanOf('without budgets', off) });
  }
  const faults: string[] = [];
  for (const { hub, currentIds, sent } of sides) {
    for (const currentId of currentIds) {
      const { delivered } = await readTally({ ...hub, currentId });
      if (delivered !== sent)
        faults.push(`${sent} events were acknowledged, the ledger of a Current calls ${delivered} delivered`);
    }
    faults.push(...(await hub.troubles()));
  }
  const timesFloor = (isMeant: (variant: string) => boolean): number =>
    median(
      rounds.map(
        ({ floor: variants, on }) =>
          on / Math.min(...variants.filter(({ variant }) => isMeant(variant)).map(({ cpuMicros }) => cpuMicros)),
      ),
    );
  return {
    withBudgets: median(rounds.map(({ on }) => on)),
    without: median(rounds.map(({ off }) => off)),
    timesPlain: timesFloor((variant) => variant === 'plain script, gzip 1'),
    timesTuned: timesFloor((variant) => variant.startsWith('gzip')),
    ratios: rounds.map(({ on, off }) => on / off),
    faults,
  };
}
