import type { Cell } from './cells.js';
import type { MeasuredCell } from './table.js';

/** A line of the picture: a value at some of the rates. */
export interface Series {
  readonly name: string;
  /** In the order of the rates. */
  readonly points: readonly { readonly rate: string; readonly value: number }[];
}

export interface Curves {
  /** Names of the rates in increasing order; the flood is the last. */
  readonly rates: readonly string[];
  /** CPU in µs per delivered event: the bare forwarder, then the hub by the number of Currents and so on. */
  readonly cpu: readonly Series[];
  /** 99th percentile in ms from the acknowledgement to the arrival. */
  readonly p99: readonly Series[];
}

/** The lines of the cells with arrivals; those with the same number of Currents, partner and partitions form a line. */
export function curvesOf(measured: readonly MeasuredCell[]): Curves {
  const cells = [...measured]
    .filter(({ cell }) => cell.arrivals.kind !== 'idle')
    .sort((one, other) => rateOf(one.cell) - rateOf(other.cell));
  const kinds = [...new Set(measured.map(({ cell }) => kindOf(cell)))];
  const seriesOf = (name: string, read: (measured: MeasuredCell) => number | undefined): Series => ({
    name,
    points: cells
      .filter(({ cell }) => kindOf(cell) === name)
      .flatMap((each) => {
        const value = read(each);
        return value === undefined ? [] : [{ rate: labelOf(each.cell), value }];
      }),
  });
  const forwarder = seriesOf(oneCurrent, ({ summary }) => summary.forwarderMicros);
  return {
    rates: [...new Set(cells.map(({ cell }) => labelOf(cell)))],
    cpu: [
      { ...forwarder, name: 'bare forwarder' },
      ...kinds.map((name) => seriesOf(name, ({ summary }) => summary.deliveryMicros)),
    ].filter(({ points }) => points.length > 0),
    p99: kinds.map((name) => seriesOf(name, ({ summary }) => summary.p99Ms)).filter(({ points }) => points.length > 0),
  };
}

const oneCurrent = '1 Current';

function kindOf({ currents, partnerMs, pastDays }: Cell): string {
  if (partnerMs > 0) return `partner ${partnerMs} ms away`;
  if (pastDays > 0) return 'full retention';
  return currents === 1 ? oneCurrent : `${currents.toLocaleString('en-GB')} Currents`;
}

function rateOf({ arrivals }: Cell): number {
  if (arrivals.kind === 'idle') return 0;
  return arrivals.kind === 'flood' ? Infinity : arrivals.eventsPerSecond;
}

function labelOf({ arrivals }: Cell): string {
  if (arrivals.kind === 'idle') return 'idle';
  return arrivals.kind === 'flood' ? 'flood' : arrivals.eventsPerSecond.toLocaleString('en-GB');
}
