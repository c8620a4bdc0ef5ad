import type { Table } from '../bench/curve/table.js';
import type { Demand } from './demand.js';
import type { Division } from './divide.js';
import { resources, type Figures, type Run } from './figures.js';
import type { SimulatedLoad } from './simulate.js';
import { units } from './units.js';
import { maxRate, type ReachedBottleneck } from './bottlenecks.js';

/** What each rate needs, of all hubs together: a column for each rate. */
export function demandTable(
  divisions: readonly Division[],
  bottlenecks: readonly ReachedBottleneck[],
  retentionDays: number,
): Table {
  const row = (name: string, read: (division: Division) => string | number): readonly string[] => [
    name,
    ...divisions.map((division) => {
      const value = read(division);
      return typeof value === 'number' ? amount(value) : value;
    }),
  ];
  /** Of one hub. */
  const each = (name: string, read: (demand: Demand) => number) => row(name, ({ demand }) => read(demand));
  const sum = (name: string, read: (demand: Demand) => number) =>
    row(name, ({ hubs = 1, demand }) => hubs * read(demand));
  const project = bottlenecks.find(({ of }) => of === 'project');
  return [
    row('events/s', ({ eventsPerSecond }) => eventsPerSecond),
    row('bottlenecks of one hub', ({ eventsPerSecond }) => reachedBy(eventsPerSecond, bottlenecks)),
    row('hubs', ({ hubs }) => hubs ?? 'none is enough'),
    row('Currents of each hub', ({ currents }) => currents),
    sum('requests/s', ({ requests }) => requests),
    sum('api: processes', ({ apiProcesses }) => apiProcesses),
    sum('api: cores', ({ apiCores }) => apiCores),
    sum('worker: processes', ({ workerProcesses }) => workerProcesses),
    sum('worker: cores', ({ workerCores }) => workerCores),
    each('worker: cores for one Current', ({ currentCores }) => currentCores),
    sum('Postgres: cores', ({ postgresCores }) => postgresCores),
    sum('Postgres: commits/s that wait for the disk', ({ commits }) => commits),
    each('Postgres: events in a commit', ({ batchEvents }) => batchEvents),
    sum('Postgres: connections', ({ connections }) => connections),
    sum('Postgres: WAL, MB/s', ({ walBytes }) => walBytes / 1e6),
    sum('disk: GB per day', ({ dayBytes }) => dayBytes / 1e9),
    sum(`disk: GB for ${retentionDays} days`, ({ diskBytes }) => diskBytes / 1e9),
    sum('memory: GB of request hashes', ({ requestIndexBytes }) => requestIndexBytes / 1e9),
    sum('Redis: commands/s, with the queue in it', ({ redisCalls }) => redisCalls),
    sum('network: MB/s in', ({ bytesIn }) => bytesIn / 1e6),
    sum('network: MB/s to partners', ({ bytesToPartner }) => bytesToPartner / 1e6),
    sum('partners: requests/s', ({ partnerRequests }) => partnerRequests),
    each('partners: events in a request', ({ partnerRequestEvents }) => partnerRequestEvents),
    each('partners: requests under way, one Current', ({ partnerRequestsUnderWay }) => partnerRequestsUnderWay),
    row('partners: times the limit of a project', ({ eventsPerSecond }) =>
      project ? eventsPerSecond / project.eventsPerSecond : 'no limit',
    ),
  ];
}

/** The numbers of the bottlenecks below a rate, which are the first ones. */
function reachedBy(eventsPerSecond: number, bottlenecks: readonly ReachedBottleneck[]): string {
  const last = bottlenecks.filter((bottleneck) => bottleneck.eventsPerSecond < eventsPerSecond).length;
  if (last === 0) return 'none';
  return last === 1 ? '1' : `1–${last}`;
}

/** The bottlenecks in the order in which they are reached, each with its number. */
export function bottleneckTable(bottlenecks: readonly ReachedBottleneck[]): Table {
  return [
    ['bottleneck', 'divides', 'available', 'reached at events/s'],
    ...bottlenecks.map(({ name, of, available, unit, eventsPerSecond }, index) => [
      `${index + 1} ${name}`,
      of,
      `${amount(available)} ${unit}`,
      rateText(eventsPerSecond),
    ]),
  ];
}

/** The rate at which each bottleneck is reached, by the size of requests. */
export function bottlenecksBySize(
  sizes: readonly (readonly [requestEvents: number, bottlenecks: readonly ReachedBottleneck[]])[],
): Table {
  const [[, first] = [0, []]] = sizes;
  return [
    ['bottleneck, by events in a request', ...sizes.map(([requestEvents]) => amount(requestEvents))],
    ...first.map(({ name }) => [
      name,
      ...sizes.map(([, bottlenecks]) =>
        rateText(bottlenecks.find((bottleneck) => bottleneck.name === name)?.eventsPerSecond ?? NaN),
      ),
    ]),
  ];
}

export function simulationTable(loads: readonly SimulatedLoad[]): Table {
  return [
    ['core in use', 'events/s', 'requests in a commit', 'p50 ms', 'p99 ms'],
    ...loads.map(({ eventsPerSecond, simulation: { utilisation, commitRequests, p50Ms, p99Ms } }) => [
      `${Math.round(utilisation * 100)} %`,
      amount(eventsPerSecond),
      amount(commitRequests),
      p50Ms.toFixed(1),
      p99Ms.toFixed(1),
    ]),
  ];
}

const resourceNames = {
  api: 'api, µs',
  worker: 'worker, µs',
  postgres: 'Postgres, µs',
  wal: 'WAL, bytes',
  stored: 'stored, bytes',
} as const;

const unitNames = {
  second: 'second',
  event: 'event',
  request: 'request',
  commit: 'commit',
  delivery: 'delivery',
  deliveredEvent: 'delivered event',
  partnerRequest: 'request to the partner',
} as const;

export function costTable({ costs, fitErrors }: Figures): Table {
  return [
    ['cost per', ...resources.map((resource) => resourceNames[resource])],
    ...units.map((unit) => [
      unitNames[unit],
      ...resources.map((resource) => (costs[resource][unit] === 0 ? '–' : amount(costs[resource][unit]))),
    ]),
    ['largest error', ...resources.map((resource) => percentOf(fitErrors[resource]))],
  ];
}

export function runTable(runs: readonly Run[]): Table {
  return [
    ['run', 'events/s', 'commits', 'requests to the partner', 'api µs', 'worker µs', 'Postgres µs', 'WAL bytes'],
    ...runs.map(({ name, eventsPerSecond, work, cost }) => [
      name,
      amount(eventsPerSecond),
      amount(work.commit),
      amount(work.partnerRequest),
      ...[cost.api, cost.worker, cost.postgres, cost.wal].map((value) =>
        value === undefined ? '–' : amount(value / (work.event || work.second)),
      ),
    ]),
  ];
}

function percentOf(share: number | undefined): string {
  return share === undefined ? '–' : `${Math.round(share * 100)} %`;
}

function rateText(eventsPerSecond: number): string {
  return eventsPerSecond === Infinity ? `over ${amount(maxRate)}` : amount(eventsPerSecond);
}

/** A number of two to three significant digits, with commas. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1_000) return Number(value.toPrecision(3)).toLocaleString('en-GB', { maximumFractionDigits: 0 });
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : `${Number(value.toPrecision(2))}`;
}
