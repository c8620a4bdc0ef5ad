import type { Cost } from './measures/meter.js';
import type { Spread } from './measures/latency.js';
import { summariseFloor, summariseHub, type BenchResult, type NotRun, type QueueResult, type Round } from './result.js';

/** The project's own targets; `npm run bench` prints which are met on this machine at this load. */
const targets = { timesFloor: 2, eventsPerSecond: 25_000, p99Ms: 120, workerBytes: 400e6 };

/** The result as lines of text. */
export function describeResult({ eventBytes, floorRounds, queues }: BenchResult): string[] {
  const hubs = Object.entries(queues).map(([queue, measured]) => [
    '',
    `Hub, queue in ${queue === 'redis' ? 'Redis' : 'Postgres'}`,
    ...describeQueue(queue, measured),
  ]);
  return [
    `Events of ${Math.round(eventBytes)} bytes; medians of all rounds`,
    ...describeFloor(floorRounds),
    ...hubs.flat(),
  ];
}

function describeFloor(rounds: readonly Round[]): string[] {
  const floor = summariseFloor(rounds);
  if (!floor) return [];
  const rows = Object.entries(floor.variants).map(([variant, { eventsPerSecond, cpuMicros }]) =>
    row(
      variant,
      `${whole(eventsPerSecond)} events/s  ${cpuMicros.toFixed(1).padStart(5)} µs/event${variant === floor.gzip ? '  ← the tuned floor' : ''}`,
    ),
  );
  return ['', 'Floor: a bare script that forwards events without any guarantee', ...rows];
}

function describeQueue(queue: string, measured: QueueResult | NotRun): string[] {
  if ('notRun' in measured) return [`  !!! THE HUB ON ${queue.toUpperCase()} DID NOT RUN: ${measured.notRun}`];
  const { rounds, latency, backlog, balance, troubles } = measured;
  return [
    ...describeThroughput(rounds),
    ...(latency
      ? [
          row(
            'acknowledged → arrived',
            `${describeSpread(latency.sinceAcknowledged)}  at ${whole(latency.eventsPerSecond)} events/s  ${verdict(latency.sinceAcknowledged.p99 <= targets.p99Ms, `p99 ≤ ${targets.p99Ms} ms`)}`,
          ),
          row('sent → acknowledged', describeSpread(latency.untilAcknowledged)),
          row('sent → arrived', describeSpread(latency.sinceDue)),
          row('CPU at that rate', describeCpu(latency)),
        ]
      : []),
    ...(backlog
      ? [
          row(
            'intake without worker',
            `${whole(backlog.intake.eventsPerSecond)} events/s  ${describeCpu(backlog.intake)}`,
          ),
          row('backlog drained', `${whole(backlog.drain.eventsPerSecond)} events/s  ${describeCpu(backlog.drain)}`),
          row(
            'memory, draining',
            `${describeMemory(backlog.drain)}  ${verdict((backlog.drain.peakBytes['worker'] ?? NaN) < targets.workerBytes, `worker < ${targets.workerBytes / 1e6} MB`)}`,
          ),
        ]
      : []),
    row(
      'ledger',
      balance.balances
        ? `balances: ${balance.sent} sent = ${balance.delivered} delivered = ${balance.arrived} arrived`
        : `DOES NOT BALANCE: ${balance.faults.join('; ')}`,
    ),
    ...(troubles.length > 0
      ? [row('warnings in its log', `${troubles.length}; the first: ${troubles[0]?.slice(0, 400)}`)]
      : []),
  ];
}

function describeThroughput(rounds: readonly Round[]): string[] {
  const hub = summariseHub(rounds);
  if (!hub) return [];
  const ratio =
    hub.timesFloor === undefined
      ? ''
      : `  ${hub.timesFloor.toFixed(2)}× the plain script  ${verdict(hub.timesFloor <= targets.timesFloor, `≤ ${targets.timesFloor.toFixed(1)}×`)}, ${hub.timesTunedFloor?.toFixed(2)}× the tuned one`;
  return [
    row(
      'sent → delivered',
      `${whole(hub.eventsPerSecond)} events/s  ${verdict(hub.eventsPerSecond >= targets.eventsPerSecond, `≥ ${targets.eventsPerSecond}`)}`,
    ),
    row('CPU', `${describeCpu(hub)}${ratio}`),
    row('peak memory', describeMemory(hub)),
  ];
}

export function describeCpu({ cpuMicros, sumMicros }: Pick<Cost, 'cpuMicros' | 'sumMicros'>): string {
  const each = Object.entries(cpuMicros).map(([name, micros]) => `${name} ${micros.toFixed(1)}`);
  return `${each.join(' + ')} = ${sumMicros.toFixed(1)} µs/event`;
}

function describeMemory({ peakBytes }: Pick<Cost, 'peakBytes'>): string {
  return Object.entries(peakBytes)
    .map(([name, bytes]) => `${name} ${Math.round(bytes / 1e6)} MB`)
    .join(', ');
}

function describeSpread({ p50, p99, max }: Spread): string {
  return `p50 ${p50.toFixed(0)} ms  p99 ${p99.toFixed(0)} ms  max ${max.toFixed(0)} ms`;
}

function verdict(isMet: boolean, target: string): string {
  return `[target ${target}: ${isMet ? 'met' : 'MISSED'}]`;
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(24)}${text}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB').padStart(8);
}
