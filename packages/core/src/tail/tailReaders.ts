import { randomUUID } from 'node:crypto';
import type { Sql } from '../db/connect.js';
import { subscribe, tailChannels } from './subscription.js';
import { repeatMs } from './tailDemand.js';
import { filterKey, isWantedBy, type TailFilter, type TailItem } from './tailItem.js';
import { readReport, writeDemand, type TailReport } from './tailMessage.js';

/** Readers at one process of the api. */
export const maxTailReaders = 50;
/** Items that a reader gets in a second, and that wait for a reader who takes none. */
const maxItemsPerSecond = 20;
const maxWaiting = 100;
/** From one update to the next. */
const updateMs = 500;

/** What happened since the last update. */
export interface TailUpdate {
  readonly items: readonly TailItem[];
  /** How much else met the filter. */
  readonly leftOutCount: number;
}

export interface TailReader {
  /** Resolves with the next update; undefined once the reader is closed. */
  next(): Promise<TailUpdate | undefined>;
  close(): void;
}

export type TailReaders = ReturnType<typeof openTailReaders>;

/** The readers of the live tail at this process. What waits for each is bounded: the rest is counted. */
export function openTailReaders({ sql, onError }: { readonly sql: Sql; readonly onError: (error: unknown) => void }) {
  const from = randomUUID();
  const readers = new Set<ReturnType<typeof createReader>>();
  let subscription: ReturnType<typeof subscribe> | undefined;
  let isStopped = false;
  let isAnnouncing = false;
  let isChanged = false;
  const timer = setInterval(() => readers.size > 0 && announce(), repeatMs).unref();

  /** One announcement at a time, and once more if the readers changed meanwhile. */
  function announce(): void {
    isChanged = true;
    if (isAnnouncing) return;
    isAnnouncing = true;
    void (async () => {
      while (isChanged) {
        isChanged = false;
        const text = writeDemand({ from, filters: [...readers].map(({ filter }) => filter) });
        await sql`select pg_notify(${tailChannels.demand}, ${text})`.catch(onError);
      }
    })().finally(() => (isAnnouncing = false));
  }

  function onReport(payload: string): void {
    if (readers.size === 0) return;
    const report = readReport(payload);
    if (report) for (const reader of readers) reader.take(report);
  }

  return {
    /** Undefined when there are as many readers as may be, or the process is stopping. */
    open(filter: TailFilter): TailReader | undefined {
      if (isStopped || readers.size >= maxTailReaders) return undefined;
      const reader = createReader(filter, () => {
        readers.delete(reader);
        if (!isStopped) announce();
      });
      readers.add(reader);
      // Before the demand, so that the first report is not missed.
      subscription ??= subscribe(sql, tailChannels.report, onReport, onError);
      void subscription.then(announce);
      return reader;
    },
    get isStopped() {
      return isStopped;
    },
    get readerCount() {
      return readers.size;
    },
    /** Closes all readers, and opens no further one. */
    async stop(): Promise<void> {
      isStopped = true;
      clearInterval(timer);
      for (const reader of readers) reader.close();
      (await subscription)?.stop();
    },
  };
}

function createReader(filter: TailFilter, onClose: () => void) {
  const key = filterKey(filter);
  let items: TailItem[] = [];
  let leftOutCount = 0;
  let isClosed = false;
  let wake: () => void = () => undefined;
  let onEnd: () => void = () => undefined;
  let nextMs = 0;
  /** Token bucket. */
  let tokens = maxItemsPerSecond;
  let filledMs = performance.now();

  function refill(): void {
    const nowMs = performance.now();
    tokens = Math.min(maxItemsPerSecond, tokens + ((nowMs - filledMs) / 1_000) * maxItemsPerSecond);
    filledMs = nowMs;
  }

  return {
    filter,
    take(report: TailReport): void {
      refill();
      leftOutCount += report.leftOut[key] ?? 0;
      for (const item of report.items) {
        if (!isWantedBy(filter, item)) continue;
        if (tokens < 1 || items.length >= maxWaiting) leftOutCount++;
        else {
          tokens--;
          items.push(item);
        }
      }
      if (items.length > 0 || leftOutCount > 0) wake();
    },
    async next(): Promise<TailUpdate | undefined> {
      while (!isClosed) {
        const waitMs = nextMs - performance.now();
        const hasSome = items.length > 0 || leftOutCount > 0;
        if (hasSome && waitMs <= 0) {
          const update = { items, leftOutCount };
          items = [];
          leftOutCount = 0;
          nextMs = performance.now() + updateMs;
          return update;
        }
        await new Promise<void>((resolve) => {
          wake = hasSome ? () => undefined : resolve;
          const timer = hasSome ? setTimeout(resolve, waitMs) : undefined;
          onEnd = () => (clearTimeout(timer), resolve());
        });
      }
      return undefined;
    },
    close(): void {
      if (isClosed) return;
      isClosed = true;
      items = [];
      onEnd();
      onClose();
    },
  };
}
