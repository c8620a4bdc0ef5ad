import { hasRoom, type ReachedBottleneck } from './bottlenecks.js';
import { demandOf, type Demand, type Scenario } from './demand.js';

/** A rate, divided among hubs and Currents so that no bottleneck is reached but the limit of the partner. */
export interface Division {
  readonly eventsPerSecond: number;
  /** Undefined when no number of hubs is enough. */
  readonly hubs: number | undefined;
  /** Currents of each hub. */
  readonly currents: number;
  /** What one hub needs; of the undivided rate when no number of hubs is enough. */
  readonly demand: Demand;
}

/** In more parts, a Current pays more for its deliveries than it saves. */
const maxParts = 256;

/**
 * The least number of hubs, and of parts of each Current. A part has its share of the event types, and a delivery of its
 * own for each batch: more parts cost more deliveries.
 */
export function divide(
  eventsPerSecond: number,
  scenario: Scenario,
  bottlenecks: readonly ReachedBottleneck[],
): Division {
  const ofHub = bottlenecks.filter((bottleneck) => bottleneck.of === 'hub');
  const lowest = Math.min(...ofHub.map((bottleneck) => bottleneck.eventsPerSecond));
  for (let hubs = Math.max(1, Math.floor(eventsPerSecond / lowest)); hubs <= eventsPerSecond; hubs = next(hubs)) {
    const divided = divideCurrents(eventsPerSecond / hubs, scenario, bottlenecks);
    if (divided && ofHub.every((bottleneck) => hasRoom(bottleneck, divided.demand)))
      return { eventsPerSecond, hubs, ...divided };
  }
  return {
    eventsPerSecond,
    hubs: undefined,
    currents: scenario.currents,
    demand: demandOf(eventsPerSecond, scenario),
  };
}

/** One more hub, or a hundredth more of many. */
function next(hubs: number): number {
  return hubs + Math.max(1, Math.floor(hubs / 100));
}

function divideCurrents(rate: number, scenario: Scenario, bottlenecks: readonly ReachedBottleneck[]) {
  const ofCurrent = bottlenecks.filter((bottleneck) => bottleneck.of === 'Current');
  for (let parts = 1; parts <= maxParts; parts++) {
    const currents = scenario.currents * parts;
    const demand = demandOf(rate, { ...scenario, currents, share: scenario.share / parts });
    if (ofCurrent.every((bottleneck) => hasRoom(bottleneck, demand))) return { currents, demand };
  }
  return undefined;
}
