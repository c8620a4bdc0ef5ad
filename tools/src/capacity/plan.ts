import type { Scenario } from './demand.js';
import { divide, type Division } from './divide.js';
import { withCosts, withEventBytes, type Figures } from './figures.js';
import type { CapacityOptions } from './options.js';
import { limitsOf } from './partner.js';
import { simulateAt, type SimulatedLoad } from './simulate.js';
import { reachBottlenecks, type Capacity, type ReachedBottleneck } from './bottlenecks.js';

/** What the command works out. */
export interface Plan {
  readonly figures: Figures;
  readonly divisions: readonly Division[];
  readonly bottlenecks: readonly ReachedBottleneck[];
  readonly loads: readonly SimulatedLoad[];
}

const simulatedShares = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
const simulatedRequests = 10_000;

export function planOf(given: CapacityOptions, measured: Figures): Plan {
  const scenario = scenarioOf(given, measured);
  const bottlenecks = bottlenecksOfPlan(given, measured);
  return {
    figures: scenario.figures,
    divisions: given.eventsPerSecond.map((rate) => divide(rate, scenario, bottlenecks)),
    bottlenecks,
    loads: simulatedShares.map((share) =>
      simulateAt(share, scenario.figures, {
        requestEvents: scenario.requestEvents,
        currents: scenario.currents,
        requests: simulatedRequests,
        seed: given.seed,
      }),
    ),
  };
}

export function bottlenecksOfPlan(given: CapacityOptions, measured: Figures): readonly ReachedBottleneck[] {
  const scenario = scenarioOf(given, measured);
  return reachBottlenecks(scenario, capacityOf(given, scenario.figures));
}

function scenarioOf(given: CapacityOptions, measured: Figures): Scenario {
  const sized = given.eventBytes === undefined ? measured : withEventBytes(measured, given.eventBytes);
  const figures = {
    ...withCosts(sized, given.unitCosts),
    ...(given.connectionsPerProcess !== undefined && { connectionsPerProcess: given.connectionsPerProcess }),
    ...(given.fsyncsPerSecond !== undefined && { fsyncMs: 1_000 / given.fsyncsPerSecond }),
  };
  const limits = limitsOf(given.destination);
  return {
    requestEvents: given.eventsPerRequest,
    currents: given.currents,
    share: given.share / 100,
    retentionDays: given.retentionDays,
    partnerMs: given.partnerMs,
    utilisation: given.utilisation / 100,
    checkpointSeconds: given.checkpointSeconds,
    partner: { ...limits, eventsPerSecond: given.partnerEventsPerSecond ?? limits.eventsPerSecond },
    figures,
  };
}

function capacityOf(given: CapacityOptions, { fsyncMs }: Figures): Capacity {
  return {
    postgresCores: given.postgresCores,
    walBytesPerSecond: given.walMegabytesPerSecond * 1e6,
    fsyncsPerSecond: 1_000 / fsyncMs,
    diskBytes: given.diskGigabytes * 1e9,
    maxConnections: given.maxConnections,
  };
}
