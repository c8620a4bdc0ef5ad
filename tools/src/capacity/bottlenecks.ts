import { demandOf, partnerEventsPerSecond, type Demand, type Scenario } from './demand.js';

/** What a machine or a service offers to one hub. */
export interface Capacity {
  readonly postgresCores: number;
  readonly walBytesPerSecond: number;
  readonly fsyncsPerSecond: number;
  readonly diskBytes: number;
  readonly maxConnections: number;
}

/** A limit that further processes of the hub do not lift. */
export interface Bottleneck {
  readonly name: string;
  /** What has to be divided to get past it. */
  readonly of: 'project' | 'Current' | 'hub';
  readonly needed: (demand: Demand) => number;
  readonly available: number;
  readonly unit: string;
  /** What to do. */
  readonly remedy: string;
}

export function bottlenecksOf(scenario: Scenario, capacity: Capacity): readonly Bottleneck[] {
  const { partner } = scenario;
  const bottlenecks: Bottleneck[] = [
    {
      name: 'one worker per Current',
      of: 'Current',
      needed: ({ currentCores }) => currentCores,
      available: 1,
      unit: 'core',
      remedy:
        'one worker at a time delivers a Current, and a worker is one core. Divide the stream among several Currents by event type, each with a part of `rateShare`; the events of a user then keep their order within a Current only. The hub does not divide a Current by user',
    },
    {
      name: 'answers of the partner',
      of: 'Current',
      needed: ({ currentEvents }) => currentEvents,
      available: partnerEventsPerSecond(scenario),
      unit: 'events/s',
      remedy:
        'the number of requests under way × their events ÷ the time of an answer. Run the workers near the partner, or divide the Current',
    },
    {
      name: 'Postgres CPU',
      of: 'hub',
      needed: ({ postgresCores }) => postgresCores,
      available: capacity.postgresCores,
      unit: 'cores',
      remedy:
        'send more events in a request; then run several hubs, each with its own Postgres, and give each sender the ingest token of one of them',
    },
    {
      name: 'WAL to disk',
      of: 'hub',
      needed: ({ walBytes }) => walBytes / 1e6,
      available: capacity.walBytesPerSecond / 1e6,
      unit: 'MB/s',
      remedy:
        'put the WAL on a disk of its own, make checkpoints rarer, send more events in a request; then run several hubs. Each replica takes the same bandwidth again',
    },
    {
      name: 'commits to disk',
      of: 'hub',
      needed: ({ commits }) => commits,
      available: capacity.fsyncsPerSecond,
      unit: 'fsyncs/s',
      remedy:
        'a disk with a write cache that survives power loss. Beyond it commits wait longer and do not fail: Postgres writes concurrent commits with one fsync',
    },
    {
      name: 'disk space',
      of: 'hub',
      needed: ({ diskBytes }) => diskBytes / 1e9,
      available: capacity.diskBytes / 1e9,
      unit: 'GB',
      remedy: 'lower `RETENTION_DAYS`, which may be 3; then a larger disk, or several hubs',
    },
    {
      name: 'connections',
      of: 'hub',
      needed: ({ connections }) => connections,
      available: capacity.maxConnections,
      unit: 'connections',
      remedy:
        'raise max_connections, which costs mainly memory. A pooler does not help: it must give each client a session',
    },
  ];
  if (partner.eventsPerSecond === undefined) return bottlenecks;
  const project: Bottleneck = {
    name: 'limit of the partner',
    of: 'project',
    needed: ({ currentEvents }) => currentEvents,
    available: partner.eventsPerSecond,
    unit: 'events/s',
    remedy:
      'the partner limits a project, whatever sends to it. Ask it for a higher limit and raise `rateShare`, select fewer event types, or divide the events among projects. Further Currents to the same project do not help',
  };
  return [project, ...bottlenecks];
}

export interface ReachedBottleneck extends Bottleneck {
  /** The rate at which one hub reaches it; Infinity when it does not up to `maxRate`. */
  readonly eventsPerSecond: number;
}

export const maxRate = 1e8;
const precision = 1.000_1;

/** The bottlenecks in the order in which a growing rate reaches them. */
export function reachBottlenecks(scenario: Scenario, capacity: Capacity): readonly ReachedBottleneck[] {
  return bottlenecksOf(scenario, capacity)
    .map((bottleneck) => ({ ...bottleneck, eventsPerSecond: rateAt(bottleneck, scenario) }))
    .sort((one, other) => one.eventsPerSecond - other.eventsPerSecond);
}

/** The highest rate that the bottleneck allows, by bisection: what a rate needs does not fall as the rate grows. */
function rateAt(bottleneck: Bottleneck, scenario: Scenario): number {
  const fits = (rate: number): boolean => hasRoom(bottleneck, demandOf(rate, scenario));
  if (fits(maxRate)) return Infinity;
  let [low, high] = [1, maxRate];
  while (high / low > precision) {
    const middle = Math.sqrt(low * high);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Whether what is needed is available. */
export function hasRoom({ needed, available }: Bottleneck, demand: Demand): boolean {
  return needed(demand) <= available;
}
