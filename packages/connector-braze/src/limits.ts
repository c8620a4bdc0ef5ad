import type { ExportLimits } from '@currents/connector';
import type { Settings } from './settings.js';

export const documentedLimits = {
  /** Braze, Track users, rate limit: 75 objects together; some older contracts have 50. */
  objectsPerRequest: 75,
  /** Braze, Track users, rate limit: 3,000 requests per three seconds. Contracts by monthly active users have their own. */
  requestsPerSecond: 1_000,
  /** Braze, API limits, optimal delay between endpoints: five minutes between calls that depend on each other. */
  secondsBeforeReversal: 300,
} as const;

/** Braze, User data endpoints: a request has at most 4 MB. */
const maxBytes = 4_000_000;
/** `{"attributes":[` and `]}`. */
const wrapBytes = 17;
/** Braze names no limit; more would not be faster at the default rate. */
const maxConcurrentRequests = 4;
/** A client of Braze's own sends an object whose error it does not know again as often. */
const maxTries = 3;

export function limits({ objectsPerRequest, requestsPerSecond, secondsBeforeReversal }: Settings): ExportLimits {
  return {
    maxItems: objectsPerRequest,
    maxBytes,
    wrapBytes,
    maxConcurrentRequests: requestsPerSecond > 200 ? maxConcurrentRequests * 2 : maxConcurrentRequests,
    requests: { limit: Math.max(1, Math.round(requestsPerSecond * 10)), periodMs: 10_000 },
    reversalMs: secondsBeforeReversal * 1_000,
    maxTries,
    // Braze, Data points: each attribute that is set counts, changed or not. Newer contracts do not count them.
    cost: { unit: 'data points', perItem: 1 },
  };
}
