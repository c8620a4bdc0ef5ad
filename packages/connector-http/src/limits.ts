import type { RateLimit } from '@currents/connector';
import { end, start } from './send.js';
import type { Settings } from './settings.js';

const wrapBytes = start.length + end.length;

/** What a receiver accepts only its owner knows, so the limits are settings. */
export function rateLimit(settings: Settings): RateLimit<unknown> {
  const { eventsPerRequest: maxEvents, requestBytes: maxBytes, requestsAtOnce: maxConcurrentRequests } = settings;
  return { maxEvents, maxBytes, maxEventBytes: maxBytes - wrapBytes, wrapBytes, maxConcurrentRequests, budgets: [] };
}
