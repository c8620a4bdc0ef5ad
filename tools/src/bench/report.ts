import type { Spread } from './measures/latency.js';
import type { Cost, HubCost } from './measures/meter.js';
import {
  summariseDurableScript,
  summariseFloor,
  summariseHub,
  type BenchResult,
  type NotRun,
  type QueueResult,
  type Round,
} from './result.js';

/** The targets of the project; `npm run bench` prints which are met on this machine at this load. */
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
    ...describeDurableScript(floorRounds),
    ...hubs.flat(),
  ];
}

function describeFloor(rounds: readonly Round[]): string[] {
  const floor = summariseFloor(rounds);
  if (!floor) return [];
  const rows = Object.entries(floor.variants).map(([variant, { eventsPerSecond, cpuMicros }]) => {
    const mark = variant === floor.gzip ? '  ← the tuned floor' : '';
    return row(variant, `${whole(eventsPerSecond)} events/s  ${cpuMicros.toFixed(1).padStart(5)} µs/event${mark}`);
  });
  return ['', 'Floor: a bare script that forwards events without any guarantee', ...rows];
}

function describeDurableScript(rounds: readonly Round[]): string[] {
  const script = summariseDurableScript(rounds);
  if (!script) return [];
  const { eventsPerSecond, timesFloor } = script;
  const ratio = timesFloor === undefined ? '' : `  ${timesFloor.toFixed(2)}× the plain script`;
  return [
    '',
    'Durable script: stores events before it answers, and forwards them by another process, without checks and counts',
    row('sent → delivered', `${whole(eventsPerSecond)} events/s`),
    row('CPU', `${describeCpu(script)}${ratio}`),
  ];
}

function describeQueue(queue: string, measured: QueueResult | NotRun): string[] {
  if ('notRun' in measured) return [`  !!! THE HUB ON ${queue.toUpperCase()} DID NOT RUN: ${measured.notRun}`];
  const { rounds, latency, backlog, balance, troubles } = measured;
  const { balances, sent, delivered, arrived, faults } = balance;
  const lines = describeThroughput(rounds);
  if (latency) {
    const { sinceAcknowledged, sinceDue, untilAcknowledged, eventsPerSecond } = latency;
    const met = verdict(sinceAcknowledged.p99 <= targets.p99Ms, `p99 ≤ ${targets.p99Ms} ms`);
    lines.push(
      row(
        'acknowledged → arrived',
        `${describeSpread(sinceAcknowledged)}  at ${whole(eventsPerSecond)} events/s  ${met}`,
      ),
      row('sent → acknowledged', describeSpread(untilAcknowledged)),
      row('sent → arrived', describeSpread(sinceDue)),
      row('CPU at that rate', describeCpu(latency)),
    );
  }
  if (backlog) {
    const { intake, drain } = backlog;
    const isSmall = (drain.peakBytes['worker'] ?? NaN) < targets.workerBytes;
    lines.push(
      row('intake without worker', `${whole(intake.eventsPerSecond)} events/s  ${describeCpu(intake)}`),
      row('backlog drained', `${whole(drain.eventsPerSecond)} events/s  ${describeCpu(drain)}`),
      row(
        'memory, draining',
        `${describeMemory(drain)}  ${verdict(isSmall, `worker < ${targets.workerBytes / 1e6} MB`)}`,
      ),
    );
  }
  lines.push(
    row(
      'ledger',
      balances
        ? `balances: ${sent} sent = ${delivered} delivered = ${arrived} arrived`
        : `DOES NOT BALANCE: ${faults.join('; ')}`,
    ),
  );
  if (troubles.length > 0)
    lines.push(row('warnings in its log', `${troubles.length}; the first: ${troubles[0]?.slice(0, 400)}`));
  return lines;
}

function describeThroughput(rounds: readonly Round[]): string[] {
  const hub = summariseHub(rounds);
  if (!hub) return [];
  const { eventsPerSecond, timesFloor, timesTunedFloor, timesDurableScript } = hub;
  const isFast = verdict(eventsPerSecond >= targets.eventsPerSecond, `≥ ${targets.eventsPerSecond}`);
  const isCheap = verdict((timesFloor ?? NaN) <= targets.timesFloor, `≤ ${targets.timesFloor.toFixed(1)}×`);
  const ratio =
    timesFloor === undefined
      ? ''
      : `  ${timesFloor.toFixed(2)}× the plain script  ${isCheap}, ${timesTunedFloor?.toFixed(2)}× the tuned one, ${timesDurableScript?.toFixed(2)}× the durable one`;
  return [
    row('sent → delivered', `${whole(eventsPerSecond)} events/s  ${isFast}`),
    row('CPU', `${describeCpu(hub)}${ratio}`),
    row('peak memory', describeMemory(hub)),
  ];
}

export function describeCpu({ cpuMicros, sumMicros }: HubCost): string {
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
