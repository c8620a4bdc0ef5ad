import type { Options as BenchOptions } from '../options.js';
import { prepareFloor, type FloorMeasure } from '../measures/floor.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import type { Bench } from '../measures/bench.js';
import { startMeter } from '../measures/meter.js';
import { readTally } from '../hub/balance.js';
import { median } from '../reading/percentiles.js';
import { connections, openEmptyHub, openGenerator, openSink, type Stage } from './stage.js';

export interface BothDestinations {
  /** CPU µs of api, worker and stores for an event at one destination, in the median; with budgets, and without. */
  readonly withBudgets: number;
  readonly without: number;
  /** CPU µs of the bare script for an event, at its cheaper way of packing. */
  readonly floorMicros: number;
  /** What budgets cost: with over without, in the median of the rounds. */
  readonly ratios: readonly number[];
  readonly faults: readonly string[];
}

const warmUpEvents = 20_000;

export async function measureBothDestinations(stage: Stage): Promise<BothDestinations> {
  const { options, cleanup, say, folder } = stage;
  const [first, second] = [await openSink(cleanup), await openSink(cleanup)];
  const generator = await openGenerator(cleanup, { seed: 1, requestEvents: 100 });
  const bench: Bench = { options: { events: options.events, seed: 1 } as BenchOptions, generator, sink: first.sink, sinkUrl: first.url, folder, cleanup, say };
  const runFloor = await prepareFloor(bench);
  const hub = await openEmptyHub(stage);
  const currentIds = [
    await hub.launch({ destination: 'mixpanel', settings: { region: 'us', baseUrl: first.url } }),
    // Compressed like the other one, so that both do the same work.
    await hub.launch({ destination: 'amplitude', settings: { region: 'us', baseUrl: second.url, gzip: true } }),
  ];
  let sent = 0;
  let floorEvents = 0;

  /** CPU µs for an event at one destination. */
  async function flood(events: number): Promise<number> {
    const stopMeter = startMeter(hub, bench);
    const flow = await generator.call('flood', { url: hub.url, token: hub.token, connections, events });
    sent += flow.events;
    await untilArrived(first.sink, sent + floorEvents);
    await untilArrived(second.sink, sent);
    for (const currentId of currentIds) await untilSettled({ ...hub, currentId });
    const { cpuMicros, sumMicros } = stopMeter(flow.events * currentIds.length);
    say(`${Object.entries(cpuMicros).map(([name, micros]) => `${name} ${micros.toFixed(1)}`).join(', ')} µs`);
    return sumMicros;
  }

  async function floor(): Promise<number> {
    const before = (await first.sink.call('arrivals')).events;
    const measures: readonly FloorMeasure[] = await runFloor();
    floorEvents += (await first.sink.call('arrivals')).events - before;
    return Math.min(...measures.filter(({ variant }) => variant.startsWith('gzip')).map(({ cpuMicros }) => cpuMicros));
  }

  async function withWorker(enforceBudgets: boolean): Promise<number> {
    await hub.stopWorker();
    await hub.startWorker({ ENFORCE_BUDGETS: String(enforceBudgets) });
    await flood(Math.min(warmUpEvents, options.events));
    return flood(options.events);
  }

  const floors: number[] = [];
  const on: number[] = [];
  const off: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    floors.push(await floor());
    // Each goes first as often as the other.
    const order = round % 2 === 0 ? [true, false] : [false, true];
    for (const enforced of order) (enforced ? on : off).push(await withWorker(enforced));
    say(`floor ${floors.at(-1)?.toFixed(1)} µs; an event at one destination ${on.at(-1)?.toFixed(1)} µs with budgets, ${off.at(-1)?.toFixed(1)} µs without`);
  }
  const tallies = await Promise.all(currentIds.map((currentId) => readTally({ ...hub, currentId })));
  const faults = [
    ...tallies.flatMap(({ delivered }, index) => (delivered === sent ? [] : [`${sent} events were acknowledged, the ledger of Current ${index + 1} calls ${delivered} delivered`])),
    ...(await hub.troubles()),
  ];
  return { withBudgets: median(on), without: median(off), floorMicros: median(floors), ratios: on.map((micros, round) => micros / (off[round] ?? NaN)), faults };
}
