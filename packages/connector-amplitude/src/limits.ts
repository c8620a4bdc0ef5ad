import type { RateLimit } from '@currents/connector';
import type { AmplitudeEvent } from './map.js';
import { maxEventBytesOf, maxRequestBytesOf, wrapBytesOf } from './request.js';
import type { Settings } from './settings.js';

/**
 * Half of Amplitude's maximum of 2,000 events per request, or one less with httpapi (HTTP V2 and Batch Event Upload
 * references, limits): it refuses the whole request for one bad event or fast user, and the others are sent again.
 */
const maxEvents = 1000;

/** Events a second of one user or device, on average over 30 s; HTTP V2 and Batch Event Upload references, 429. */
const eventsPerSecond = { httpapi: 30, batch: 1000 } as const satisfies Record<Settings['endpoint'], number>;
const averagedOverS = 30;

/** Events of one user or device in 24 hours, counted in steps of an hour; Batch Event Upload reference, 429. */
const dailyQuota = { limit: 500_000, periodMs: 24 * 3_600_000 } as const;

/** Amplitude documents no limit. Enough for some thousand events per second over slow connections. */
const maxConcurrentRequests = 4;

export function rateLimit(settings: Settings): RateLimit<AmplitudeEvent> {
  const maxBytes = maxRequestBytesOf(settings);
  const wrapBytes = wrapBytesOf(settings);
  const limit = (settings.eventsPerSecondPerKey ?? eventsPerSecond[settings.endpoint]) * averagedOverS;
  const rate = { unit: 'events', limit, periodMs: averagedOverS * 1000, quota: dailyQuota } as const;
  return {
    maxEvents,
    maxBytes,
    // Amplitude has no limit of its own for one event.
    maxEventBytes: maxEventBytesOf(settings),
    wrapBytes,
    maxConcurrentRequests,
    budgets: [
      { name: 'user', key: (event) => event.user_id, ...rate },
      { name: 'device', key: (event) => event.device_id, ...rate },
    ],
  };
}
