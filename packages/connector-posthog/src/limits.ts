import type { RateLimit } from '@currents/connector';
import { wrapBytes } from './send.js';
import type { Settings } from './settings.js';

// 20 MiB a request (PostHog, docs, API); 1,000,000 bytes an event in an envelope of its own (rust/capture/src/config.rs),
// and PostHog's own Python client drops events above 900 KiB.
export function rateLimit({ requestBytes: maxBytes }: Settings): RateLimit<unknown> {
  const maxEventBytes = Math.min(900 * 1024, maxBytes - wrapBytes);
  return { maxEvents: 1000, maxBytes, maxEventBytes, wrapBytes, maxConcurrentRequests: 4, budgets: [] };
}
