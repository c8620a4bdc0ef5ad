import type { Budget, RateLimit } from '@currents/connector';
import type { ImportEvent } from './map.js';
import type { Settings } from './settings.js';

/** Mixpanel, Import Events reference, limits. */
const MOST_EVENTS = 2000;
/** Less than 1 MB, measured before compression; Mixpanel, Import Events reference, limits. */
const MOST_EVENT_BYTES = 999_999;
/** 10 to 20 clients at once are fastest (Mixpanel, Import Events reference, rate limits). */
const MOST_REQUESTS = 10;
const MINUTE_MS = 60_000;

/** `[` and `]`. */
const WRAP_BYTES = 2;

/** Per project and rolling minute: 2 GB before compression, about 30,000 events a second (Mixpanel, rate limits). */
const most = { events: 1_800_000, bytes: 2_000_000_000 } as const;

function budgetsOf({ rateShare }: Settings): readonly Budget<ImportEvent>[] {
  return (['events', 'bytes'] as const).map((unit) => ({
    name: 'project',
    key: () => 'project',
    unit,
    limit: Math.round(most[unit] * rateShare),
    periodMs: MINUTE_MS,
  }));
}

export function rateLimit(settings: Settings): RateLimit<ImportEvent> {
  return {
    maxEvents: MOST_EVENTS,
    maxBytes: settings.requestBytes,
    maxEventBytes: Math.min(MOST_EVENT_BYTES, settings.requestBytes - WRAP_BYTES),
    wrapBytes: WRAP_BYTES,
    maxConcurrentRequests: MOST_REQUESTS,
    budgets: budgetsOf(settings),
  };
}
