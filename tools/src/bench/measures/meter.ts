import type { Hub } from '../hub/openHub.js';
import type { Traffic } from '../programs/open.js';
import { readTree } from '../reading/processTree.js';

/** The resources that hub and bench used for a number of events. */
export interface Cost extends HubCost {
  /** CPU µs per event of the bench itself, on the same cores. */
  readonly benchMicros: number;
  /** Peak memory of each process since it started; of Postgres, of its largest single process. */
  readonly peakBytes: Readonly<Record<string, number>>;
}

export interface HubCost {
  /** CPU µs per event, by process; of Postgres with all its children. */
  readonly cpuMicros: Readonly<Record<string, number>>;
  /** The sum over api, worker and stores. */
  readonly sumMicros: number;
}

/** Starts measuring; the returned function ends it. A process started meanwhile is measured from its start. */
export function startMeter(
  hub: Pick<Hub, 'processes'>,
  traffic: Pick<Traffic, 'generator' | 'sink'>,
): (events: number) => Cost {
  const benchIds = [traffic.generator.id, traffic.sink.id];
  const before = new Map(Object.values(hub.processes()).map((id) => [id, readTree(id).cpuMicros]));
  const benchBefore = sumOf(benchIds);
  return (events) => {
    const cpuMicros: Record<string, number> = {};
    const peakBytes: Record<string, number> = {};
    let sumMicros = 0;
    for (const [name, id] of Object.entries(hub.processes())) {
      const usage = readTree(id);
      cpuMicros[name] = (usage.cpuMicros - (before.get(id) ?? 0)) / events;
      peakBytes[name] = usage.peakBytes;
      sumMicros += cpuMicros[name];
    }
    return { cpuMicros, sumMicros, benchMicros: (sumOf(benchIds) - benchBefore) / events, peakBytes };
  };
}

function sumOf(ids: readonly number[]): number {
  return ids.reduce((sum, id) => sum + readTree(id).cpuMicros, 0);
}

/** The warm-up compiles the code, because a hub runs for weeks. */
export const warmUpRounds = 3;
const turns = [0, 1, 1, 0, 1, 0, 0, 1] as const;

/**
 * The mean costs of two hubs that alternate with `events` for each, after a warm-up, so that other load on the machine
 * affects both.
 */
export async function takeTurns(
  flows: readonly [(events: number) => Promise<HubCost>, (events: number) => Promise<HubCost>],
  events: number,
): Promise<readonly [HubCost, HubCost]> {
  for (let round = 0; round < warmUpRounds; round++) for (const flow of flows) await flow(events);
  const costs: readonly [HubCost[], HubCost[]] = [[], []];
  for (const turn of turns) costs[turn].push(await flows[turn](Math.ceil((events * 2) / turns.length)));
  return [meanCost(costs[0]), meanCost(costs[1])];
}

export function meanCost(costs: readonly HubCost[]): HubCost {
  const mean = (read: (cost: HubCost) => number): number =>
    costs.reduce((sum, cost) => sum + read(cost), 0) / costs.length;
  const names = Object.keys(costs[0]?.cpuMicros ?? {});
  return {
    cpuMicros: Object.fromEntries(names.map((name) => [name, mean(({ cpuMicros }) => cpuMicros[name] ?? 0)])),
    sumMicros: mean(({ sumMicros }) => sumMicros),
  };
}
