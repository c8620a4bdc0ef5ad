import type { RateLimit } from '@currents/connector';
import type { ImportEvent } from './map.js';
import type { Settings } from './settings.js';

/** Mixpanel, Import Events reference, limits. */
const maxEvents = 2000;
/** Less than 1 MB, measured before compression; Mixpanel, Import Events reference, limits. */
const maxEventBytes = 999_999;
/** 10 to 20 clients at once are fastest (Mixpanel, Import Events reference, rate limits). */
const maxRequests = 10;
const minuteMs = 60_000;

/** `[` and `]`. */
const wrapBytes = 2;

/** Per project and rolling minute: 2 GB before compression, about 30,000 events a second (Mixpanel, rate limits). */
const maxPerMinute = { events: 1_800_000, bytes: 2_000_000_000 } as const;

export function rateLimit(settings: Settings): RateLimit<ImportEvent> {
  return {
    maxEvents,
    maxBytes: settings.requestBytes,
    maxEventBytes: Math.min(maxEventBytes, settings.requestBytes - wrapBytes),
    wrapBytes,
    maxConcurrentRequests: maxRequests,
    budgets: (['events', 'bytes'] as const).map((unit) => ({
      name: 'project',
      key: () => 'project',
      unit,
      limit: Math.round(maxPerMinute[unit] * settings.rateShare),
      periodMs: minuteMs,
    })),
  };
}
