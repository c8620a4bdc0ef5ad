import type { Budget, RateLimit } from '@currents/connector';
import type { AmplitudeEvent } from './map.js';
import { wrapBytesOf } from './request.js';
import type { Settings } from './settings.js';

/**
 * Amplitude takes up to 2,000 events a request, httpapi one less (HTTP V2 and Batch Event Upload references, limits).
 * Half of that: it refuses a request as a whole for one bad event or fast user, and the others go again.
 */
const MOST_EVENTS = 1000;

/** Less than 1 MB on httpapi, 20 MB on batch; HTTP V2 and Batch Event Upload references, limits. */
const mostBytes = { httpapi: 999_999, batch: 20_000_000 } as const satisfies Record<Settings['endpoint'], number>;

/** Events a second of one user or device, on average over 30 s; HTTP V2 and Batch Event Upload references, 429. */
const eventsPerSecond = { httpapi: 30, batch: 1000 } as const satisfies Record<Settings['endpoint'], number>;
const AVERAGED_OVER_S = 30;

/** Events of one user or device in 24 hours, counted in steps of an hour; Batch Event Upload reference, 429. */
const DAILY_QUOTA = { limit: 500_000, periodMs: 24 * 3_600_000 } as const;

/** Amplitude names no limit. Enough for some thousand events a second over slow lines. */
const MOST_REQUESTS = 4;

export function rateLimit(settings: Settings): RateLimit<AmplitudeEvent> {
  const bytes = Math.min(settings.requestBytes, mostBytes[settings.endpoint]);
  const wrapBytes = wrapBytesOf(settings);
  return {
    maxEvents: MOST_EVENTS,
    maxBytes: bytes,
    // Amplitude has no limit of its own for one event.
    maxEventBytes: bytes - wrapBytes,
    wrapBytes,
    maxConcurrentRequests: MOST_REQUESTS,
    budgets: budgetsOf(settings.eventsPerSecondPerKey ?? eventsPerSecond[settings.endpoint]),
  };
}

function budgetsOf(perSecond: number): readonly Budget<AmplitudeEvent>[] {
  const rate = {
    unit: 'events',
    limit: perSecond * AVERAGED_OVER_S,
    periodMs: AVERAGED_OVER_S * 1000,
    quota: DAILY_QUOTA,
  } as const;
  return [
    { name: 'user', key: (event) => event.user_id, ...rate },
    { name: 'device', key: (event) => event.device_id, ...rate },
  ];
}
