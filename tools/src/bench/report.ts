import type { Cost } from './measures/meter.js';
import type { Spread } from './measures/latency.js';
import { summariseFloor, summariseHub, type BenchResult, type NotRun, type QueueResult, type Round } from './result.js';

/** What the hub sets itself; `npm run bench` says which it kept, on this machine and at this load. */
const targets = { timesFloor: 2, eventsPerSecond: 25_000, p99Ms: 120, workerBytes: 400e6 };

/** The result as people read it. */
export function describeResult(result: BenchResult): string {
  const { options, loadAverage, queues } = result;
  const load = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(' ');
  const lines = [
    `Currents bench, ${result.date}: node ${result.node}, ${result.cores} cores (${result.processor}), load ${load(loadAverage.before)} → ${load(loadAverage.after)}`,
    `Events of ${Math.round(result.eventBytes)} bytes, ${options.requestEvents} a request; medians of ${options.rounds} rounds of ${options.events} events`,
    ...describeFloor(result.floorRounds),
  ];
  for (const [queue, measured] of Object.entries(queues))
    lines.push(
      '',
      `Hub, wake-up calls in ${queue === 'redis' ? 'Redis' : 'Postgres'}`,
      ...describeQueue(queue, measured),
    );
  return lines.join('\n');
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
  return ['', 'Floor: a bare script that forwards, and guarantees nothing', ...rows];
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
          row('CPU at that rate', describeCost(latency)),
        ]
      : []),
    ...(backlog
      ? [
          row(
            'intake without worker',
            `${whole(backlog.intake.eventsPerSecond)} events/s  ${describeCost(backlog.intake)}`,
          ),
          row('backlog drained', `${whole(backlog.drain.eventsPerSecond)} events/s  ${describeCost(backlog.drain)}`),
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
    row('CPU', `${describeCost(hub)}${ratio}`),
    row('memory, at most', describeMemory(hub)),
  ];
}

function describeCost({ cpuMicros, sumMicros }: Pick<Cost, 'cpuMicros' | 'sumMicros'>): string {
  const each = Object.entries(cpuMicros).map(([name, micros]) => `${name} ${micros.toFixed(1)}`);
  return `${each.join(' + ')} = ${sumMicros.toFixed(1)} µs/event`;
}

function describeMemory({ peakBytes }: Pick<Cost, 'peakBytes'>): string {
  return Object.entries(peakBytes)
    .map(([name, bytes]) => `${name} ${Math.round(bytes / 1e6)} MB`)
    .join(', ');
}

function describeSpread({ p50, p99, most }: Spread): string {
  return `p50 ${p50.toFixed(0)} ms  p99 ${p99.toFixed(0)} ms  most ${most.toFixed(0)} ms`;
}

function verdict(kept: boolean, target: string): string {
  return `[target ${target}: ${kept ? 'kept' : 'MISSED'}]`;
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(24)}${text}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB').padStart(8);
}
