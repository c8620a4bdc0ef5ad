import type { RateLimit } from '@currents/connector';
import type { Payload } from './map.js';

/** Tidemark, Track API, limits: 50 events and 1 MB a request, 4 requests at once. */
export function rateLimit(): RateLimit<Payload> {
  return {
    maxEvents: 50,
    maxBytes: 1_000_000,
    maxEventBytes: 200_000,
    wrapBytes: 13,
    maxConcurrentRequests: 4,
    budgets: [],
  };
}
