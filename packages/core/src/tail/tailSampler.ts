import type { Sql } from '../db/connect.js';
import { tailChannels } from './subscription.js';
import type { TailDemands } from './tailDemand.js';
import { isWantedBy, type TailFilter, type TailItem } from './tailItem.js';
import { writeReport } from './tailMessage.js';

/** A process reports at most this often, whatever happens: Postgres notifies in one order, under one lock. */
export const reportMs = 250;
/** Items that a filter gets from one process in that time: 20 a second. */
export const itemsPerReport = 5;
/** Items of one report, of all filters. */
const maxItems = 50;

/** What one filter has got since the last report. */
interface Share {
  seen: number;
  sampled: number;
}

export type TailSampler = ReturnType<typeof createTailSampler>;

/** Samples what this process sees, for the filters that are wanted, and reports it. Its memory and its work are bounded. */
export function createTailSampler({
  sql,
  demands,
  onError,
}: {
  readonly sql: Sql;
  readonly demands: Pick<TailDemands, 'isWanted' | 'filters'>;
  readonly onError: (error: unknown) => void;
}) {
  let shares = new Map<string, Share>();
  let items: TailItem[] = [];
  let timer: NodeJS.Timeout | undefined;
  let reporting: Promise<void> | undefined;

  function shareOf(key: string): Share {
    let share = shares.get(key);
    if (!share) shares.set(key, (share = { seen: 0, sampled: 0 }));
    return share;
  }

  function report(): void {
    timer = undefined;
    const { text, itemCount } = writeReport({ items, leftOut: leftOutOf(shares) });
    const isEmpty = itemCount === 0 && [...shares.values()].every(({ seen }) => seen === 0);
    items = [];
    shares = new Map();
    // What comes while the database does not answer is not kept.
    if (isEmpty || reporting || !demands.isWanted) return;
    reporting = sql`select pg_notify(${tailChannels.report}, ${text})`
      .then(() => undefined, onError)
      .finally(() => void (reporting = undefined));
  }

  function schedule(): void {
    timer ??= setTimeout(report, reportMs).unref();
  }

  return {
    /** Filters that may still get items before the next report. */
    openFilters(): readonly TailFilter[] {
      if (items.length >= maxItems) return [];
      return [...demands.filters].flatMap(([key, filter]) =>
        (shares.get(key)?.sampled ?? 0) < itemsPerReport ? [filter] : [],
      );
    },
    /** Counts what happened, sampled or not. @param countOf how much of it a filter wants. */
    saw(countOf: (filter: TailFilter) => number): void {
      for (const [key, filter] of demands.filters) shareOf(key).seen += countOf(filter);
      schedule();
    },
    /** Takes an item for the next report if a filter that wants it may still get one. */
    offer(item: TailItem): void {
      if (items.length >= maxItems) return;
      const wanting = [...demands.filters].filter(([, filter]) => isWantedBy(filter, item));
      const taken = wanting.map(([key]) => shareOf(key));
      if (!taken.some(({ sampled }) => sampled < itemsPerReport)) return;
      for (const share of taken) share.sampled++;
      items.push(item);
      schedule();
    },
    async stop(): Promise<void> {
      clearTimeout(timer);
      await reporting;
    },
  };
}

function leftOutOf(shares: ReadonlyMap<string, Share>): Readonly<Record<string, number>> {
  const counts = [...shares].map(([key, { seen, sampled }]) => [key, Math.max(0, seen - sampled)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
