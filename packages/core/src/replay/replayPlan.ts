import type { Connector, MapResult } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { Outcome } from '../batch/outcome.js';
import { discardedByte } from './replayFilter.js';
import { openHeavyKeys, type HeavyKeys } from './heavyKeys.js';

/** What a dry run has learned of the events that it would replay. JSON. */
export interface PlanProgress {
  /** About the bytes of their JSON, as the hub stores them. */
  readonly byteCount: number;
  /** Events that the connector would skip or reject as they are. */
  readonly skippedCount: number;
  readonly rejectedCount: number;
  /** Events that the destination has accepted already, within the time in which it recognises a repetition. */
  readonly recognisedCount: number;
  /** Events that it has accepted already, and would count again. */
  readonly repeatedCount: number;
  /** Events that an admin has discarded; undefined in plans that a release without this field has begun. */
  readonly discardedCount?: number;
  /** What the heaviest keys of each budget of the connector would use. */
  readonly used: readonly HeavyKeys[];
}

export const emptyPlan: PlanProgress = {
  byteCount: 0,
  skippedCount: 0,
  rejectedCount: 0,
  recognisedCount: 0,
  repeatedCount: 0,
  discardedCount: 0,
  used: [],
};

/** A connector with parsed settings. */
export interface PlannedCurrent {
  readonly connector: Connector;
  readonly settings: unknown;
}

/** Maps the events of a dry run as a worker would, and adds up what they would cost. */
export function openPlan(plan: PlanProgress, { connector, settings }: PlannedCurrent, nowMs: number) {
  const counts = { ...plan };
  const { budgets } = connector.rateLimit(settings);
  const used = budgets.map((_, index) => openHeavyKeys(plan.used[index] ?? []));
  const rule = connector.deduplication;
  const recognisedFromMs = rule ? nowMs - (rule.windowMs ?? Infinity) : Infinity;
  return {
    /** @param storedAtMs when the hub accepted the event: the destination got it then, or later. */
    add(event: CatalogueEvent, byte: number, bytes: number, storedAtMs: number): void {
      counts.byteCount += bytes;
      if (byte === discardedByte) counts.discardedCount = (counts.discardedCount ?? 0) + 1;
      if (byte === Outcome.delivered) {
        if (storedAtMs > recognisedFromMs) counts.recognisedCount++;
        else counts.repeatedCount++;
      }
      const mapped = tryToMap(event, connector, settings);
      if ('skip' in mapped) counts.skippedCount++;
      else if ('reject' in mapped) counts.rejectedCount++;
      else
        for (const [index, budget] of budgets.entries()) {
          const key = budget.key(mapped.payload);
          if (key !== undefined) used[index]?.add(key, budget.unit === 'bytes' ? bytes : 1);
        }
    },
    progress: (): PlanProgress => ({
      ...counts,
      byteCount: Math.round(counts.byteCount),
      used: used.map((keys) => keys.all()),
    }),
  };
}

function tryToMap(event: CatalogueEvent, connector: Connector, settings: unknown): MapResult<unknown> {
  try {
    return connector.map(event, settings, true);
  } catch {
    return { reject: 'map_threw', detail: '' };
  }
}

/** How an estimate was made: by the last replay of the Current, or by the limits that its connector declares. */
export type EstimateBasis = 'measured' | 'limits';

/** A request is taken to last so long where nothing was measured. */
const assumedRequestMs = 250;
/** A replay makes no more than one portion in this time; see `replayEvents.ts`. */
const maxPerSecond = 20_000;

/** How long a replay would take, at the least: what its heaviest keys need, and at its rate. */
export function estimateMs(
  eventCount: number,
  { used }: PlanProgress,
  { connector, settings }: PlannedCurrent,
  measuredPerSecond: number | undefined,
): { readonly ms: number; readonly basis: EstimateBasis } {
  const { budgets, maxEvents } = connector.rateLimit(settings);
  const perSecond = measuredPerSecond ?? Math.min(maxPerSecond, (maxEvents * 1_000) / assumedRequestMs);
  let ms = (eventCount * 1_000) / perSecond;
  for (const [index, { limit, periodMs }] of budgets.entries())
    for (const [, weight] of used[index] ?? []) ms = Math.max(ms, ((weight - limit) / limit) * periodMs);
  return { ms: Math.ceil(ms), basis: measuredPerSecond === undefined ? 'limits' : 'measured' };
}
