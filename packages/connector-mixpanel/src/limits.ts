import type { RateLimit } from '@currents/connector';
import type { Payload } from './map.js';
import { maxTokenBytes, type Settings } from './settings.js';

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

/** Updates of profiles go to `/engage`. */
export const profileRoute = 'profiles';

/** Mixpanel, User Profiles, limits: updates per request; the bytes of an update are those of an event. */
const maxUpdates = 2000;
/** The least that Mixpanel names for any endpoint of its ingestion, as there is no number for `/engage`. */
const maxProfileBytes = 2_000_000;
/** `"$token":"",` and the token in each update. */
const tokenBytes = 12 + maxTokenBytes;

export function rateLimit(settings: Settings): RateLimit<Payload> {
  const eventBytes = Math.min(maxEventBytes, settings.requestBytes - wrapBytes);
  return {
    ...(settings.profileUpdates && {
      routes: {
        [profileRoute]: {
          maxEvents: maxUpdates,
          maxBytes: Math.min(settings.requestBytes, maxProfileBytes),
          maxEventBytes: eventBytes - tokenBytes,
          itemBytes: tokenBytes,
        },
      },
    }),
    maxEvents,
    maxBytes: settings.requestBytes,
    maxEventBytes: eventBytes,
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
