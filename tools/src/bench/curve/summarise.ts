import { median } from '../reading/percentiles.js';
import type { Cell } from './cells.js';
import type { CellMeasures } from './measureCell.js';
import type { SideMeasure } from './measureSide.js';

/** Warnings and errors in the hub's log. A line that is not from the logger counts as an error. */
export interface LogCounts {
  readonly warnings: number;
  readonly errors: number;
}

export type CellSummary = ReturnType<typeof summariseCell>;

/** Medians of all rounds of a cell; of memory the peak. Idle cells have their CPU in µs per second. */
export function summariseCell({ currents }: Cell, { rounds, balance, troubles }: CellMeasures) {
  const hubs = rounds.map(({ hub }) => hub);
  const medianOf = (read: (hub: SideMeasure) => number): number => median(hubs.map(read));
  const delayOf = (share: 'p50' | 'p99'): number | undefined => {
    const delays = hubs.flatMap((hub) => hub.delays ?? []);
    return delays.length > 0 ? median(delays.map(({ sinceAcknowledged }) => sinceAcknowledged[share])) : undefined;
  };
  const names = Object.keys(hubs[0]?.cpuMicros ?? {});
  const eachProcess = (read: (name: string) => number) => Object.fromEntries(names.map((name) => [name, read(name)]));
  const requests = medianOf((hub) => hub.requests);
  return {
    eventsPerSecond: medianOf(({ eventsPerSecond }) => eventsPerSecond),
    cpuMicros: eachProcess((name) => medianOf(({ cpuMicros }) => cpuMicros[name] ?? NaN)),
    hubMicros: medianOf(({ sumMicros }) => sumMicros),
    /** The hub's CPU for one event at one Current. */
    deliveryMicros: medianOf(({ sumMicros }) => sumMicros) / currents,
    forwarderMicros: median(rounds.map(({ forwarder }) => forwarder.sumMicros)),
    ratio: isFinite(ratioOf(rounds, currents)) ? ratioOf(rounds, currents) : undefined,
    p50Ms: delayOf('p50'),
    p99Ms: delayOf('p99'),
    peakBytes: eachProcess((name) => Math.max(...hubs.map(({ peakBytes }) => peakBytes[name] ?? NaN))),
    requests,
    /** Events in a request to the partner; undefined without requests. */
    eventsPerRequest: requests > 0 ? medianOf(({ events }) => events * currents) / requests : undefined,
    turnedAway: hubs.reduce((sum, hub) => sum + hub.turnedAway, 0),
    balances: balance.balances,
    log: countLog(troubles),
  };
}

/**
 * The hub's CPU per delivered event divided by that of the bare forwarder in the same round, which delivers an event once.
 * NaN for an idle cell.
 */
function ratioOf(rounds: CellMeasures['rounds'], currents: number): number {
  return median(
    rounds.map(({ hub, forwarder }) => (hub.events === 0 ? NaN : hub.sumMicros / currents / forwarder.sumMicros)),
  );
}

const error = 50;

export function countLog(troubles: readonly string[]): LogCounts {
  const warnings = troubles.filter((line) => {
    const level = /^\{"level":(\d+)/.exec(line)?.[1];
    return level !== undefined && Number(level) < error;
  }).length;
  return { warnings, errors: troubles.length - warnings };
}
