import { faultsOf, readTally } from '../hub/balance.js';
import { withoutLimits } from '../hub/openHub.js';
import { untilArrived, untilSettled } from '../measures/arrival.js';
import { prepareFloor, type FloorMeasure } from '../measures/floor.js';
import { startMeter, takeTurns, type HubCost } from '../measures/meter.js';
import { openGenerator, openSink } from '../programs/open.js';
import { median } from '../reading/percentiles.js';
import { describeCpu } from '../report.js';
import { connections, type AmplitudeStage } from './stage.js';

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

  /** A hub with one Current for each destination. */
  async function open() {
    const hub = await stage.openHub();
    const launched = [
      await hub.launch('mixpanel', { baseUrl: first.url, ...withoutLimits }),
      // Compressed like the other destination and the floor.
      await hub.launch('amplitude', { baseUrl: second.url, gzip: true }),
    ];
    const currentIds = launched.map(({ currentId }) => currentId);
    let sent = 0;
    return {
      hub,
      /** Measures the cost of an event at one destination. */
      async flow(events: number): Promise<HubCost> {
        const stopMeter = startMeter(hub, { generator, sink: first.sink });
        const flow = await generator.call('flood', { url: hub.url, token: hub.token, connections, events });
        sent += flow.events;
        await untilArrived(first.sink, (toFirst += flow.events));
        await untilArrived(second.sink, (toSecond += flow.events));
        for (const currentId of currentIds) await untilSettled({ ...hub, currentId });
        return stopMeter(flow.events * currentIds.length);
      },
      async faults(): Promise<readonly string[]> {
        const tallies = await Promise.all(currentIds.map((currentId) => readTally({ ...hub, currentId })));
        const lost = tallies.map(
          ({ delivered }) =>
            [
              delivered === sent,
              `${sent} events were acknowledged, the ledger of a Current calls ${delivered} delivered`,
            ] as const,
        );
        return [...faultsOf(...lost), ...(await hub.troubles())];
      },
    };
  }

  const sides = [await open(), await open()] as const;
  const rounds: { readonly floor: readonly FloorMeasure[]; readonly on: number; readonly off: number }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const floor = await runFloor();
    toFirst = (await first.sink.call('arrivals')).events;
    for (const [index, { hub }] of sides.entries()) {
      await hub.stopWorker();
      await hub.startWorker({ ENFORCE_BUDGETS: String(index === round % 2) });
    }
    progress('warming up');
    const costs = await takeTurns([sides[0].flow, sides[1].flow], options.events);
    const [on, off] = round % 2 === 0 ? costs : [costs[1], costs[0]];
    progress(`with budgets: ${describeCpu(on)}`);
    progress(`without budgets: ${describeCpu(off)}`);
    rounds.push({ floor, on: on.sumMicros, off: off.sumMicros });
  }
  const timesFloor = (isMeant: (variant: string) => boolean): number =>
    median(
      rounds.map(
        ({ floor, on }) =>
          on / Math.min(...floor.flatMap(({ variant, cpuMicros }) => (isMeant(variant) ? [cpuMicros] : []))),
      ),
    );
  return {
    withBudgets: median(rounds.map(({ on }) => on)),
    without: median(rounds.map(({ off }) => off)),
    timesPlain: timesFloor((variant) => variant === 'plain script, gzip 1'),
    timesTuned: timesFloor((variant) => variant.startsWith('gzip')),
    ratios: rounds.map(({ on, off }) => on / off),
    faults: [...(await sides[0].faults()), ...(await sides[1].faults())],
  };
}
