import type { Sql } from '../db/connect.js';
import { subscribe, tailChannels } from './subscription.js';
import { filterKey, type TailFilter } from './tailItem.js';
import { readDemand } from './tailMessage.js';

/** Readers repeat what they want this often, for processes that started since, and for notifications that were lost. */
export const repeatMs = 5_000;
/** A demand that is not repeated ends by itself: the process of the api has died. */
const demandMs = 3 * repeatMs;
/** Processes of the api whose demands are kept, and filters of all of them together. */
const maxDemands = 50;
const maxFilters = 50;

export type TailDemands = Awaited<ReturnType<typeof watchTailDemands>>;

/** What readers of the live tail want now, at any process of the api. */
export async function watchTailDemands(sql: Sql, onError: (error: unknown) => void) {
  const demands = new Map<string, { readonly filters: readonly TailFilter[]; readonly untilMs: number }>();
  let filters: ReadonlyMap<string, TailFilter> = new Map();
  let isWanted = false;
  let timer: NodeJS.Timeout | undefined;

  function refresh(): void {
    const nowMs = performance.now();
    for (const [from, { untilMs }] of demands) if (untilMs <= nowMs) demands.delete(from);
    const all = [...demands.values()].flatMap((demand) => demand.filters);
    filters = new Map(all.slice(0, maxFilters).map((filter) => [filterKey(filter), filter]));
    isWanted = filters.size > 0;
    clearTimeout(timer);
    if (isWanted) timer = setTimeout(refresh, repeatMs).unref();
  }

  function onDemand(payload: string): void {
    const demand = readDemand(payload);
    if (!demand) return;
    if (demand.filters.length === 0) demands.delete(demand.from);
    else if (demands.has(demand.from) || demands.size < maxDemands)
      demands.set(demand.from, { filters: demand.filters, untilMs: performance.now() + demandMs });
    refresh();
  }

  const subscription = await subscribe(sql, tailChannels.demand, onDemand, onError);
  return {
    /** Whether the tail has a reader: all that the hot path asks. */
    get isWanted() {
      return isWanted;
    },
    /** By `filterKey`. */
    get filters() {
      return filters;
    },
    stop(): void {
      clearTimeout(timer);
      isWanted = false;
      subscription.stop();
    },
  };
}
