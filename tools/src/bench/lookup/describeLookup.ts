import type { Spread } from '../measures/latency.js';
import { describeCpu } from '../report.js';
import type { LookupOptions, measureLookup } from './measureLookup.js';

/** What an operator waits for an answer at most, while events come in. */
const targetMs = 1_000;

/** The result for one hub as lines of text. */
export function describeLookup(
  name: string,
  { days, rate }: LookupOptions,
  measured: Awaited<ReturnType<typeof measureLookup>>,
): string[] {
  const { stored, batches, times, live, troubles } = measured;
  const { indexBytes, indexContentBytes, batchBytes, commandLine } = measured;
  const worst = Math.max(...Object.values(times).map(({ p99 }) => p99));
  return [
    '',
    `${name}: ${whole(stored)} events in ${whole(batches)} batches of ${days} days, ${whole(rate)} live events a second`,
    `  ${'look-up'.padEnd(20)}${['p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'rows opened', 'most', 'in vain'].map((word) => word.padStart(12)).join('')}`,
    ...Object.entries(times).map(
      ([kind, { p50, p95, p99, max, openedRows, maxOpenedRows, falseRows }]) =>
        `  ${kind.padEnd(20)}${[...[p50, p95, p99, max].map((ms) => ms.toFixed(0)), openedRows.toFixed(2), String(maxOpenedRows), falseRows.toFixed(3)].map((word) => word.padStart(12)).join('')}`,
    ),
    `  p99 of the slowest kind ${worst.toFixed(0)} ms  [target < ${targetMs} ms: ${worst < targetMs ? 'met' : 'MISSED'}]`,
    `  currents events find ID, ${commandLine.count} times, the start of the program included: p50 ${commandLine.p50.toFixed(0)} ms max ${commandLine.max.toFixed(0)} ms`,
    `  index ${indexBytes.toFixed(1)} bytes/event on disk, ${indexContentBytes.toFixed(1)} of content; batches ${batchBytes.toFixed(0)} bytes/event`,
    `  live: ${whole(live.reachedPerSecond)} events/s; sent → acknowledged ${describeSpread(live.answers)}; acknowledged → arrived ${describeSpread(live.delays)}`,
    `  live, CPU with the look-ups: ${describeCpu(live)}`,
    ...(troubles.length > 0
      ? [`  ${troubles.length} warnings in its log; the first: ${troubles[0]?.slice(0, 400)}`]
      : []),
  ];
}

function describeSpread({ p50, p99, max }: Spread): string {
  return `p50 ${p50.toFixed(0)} ms p99 ${p99.toFixed(0)} ms max ${max.toFixed(0)} ms`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
