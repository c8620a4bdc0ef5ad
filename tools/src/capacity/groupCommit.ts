import type { Figures } from './figures.js';

/** The constant of the api's store (apps/api/src/main.ts): it stores up to 4,000 events at once. */
export const maxBatchEvents = 4_000;
/** Those of packages/core/src/ingest/commitDelay.ts, and the default of INGEST_COMMIT_DELAY_MS. */
export const shortDelayMs = 3;
export const longDelayMs = 80;
export const enoughEvents = 1_000;
export const worthRequests = 0.5;

/** How long a batch waits for more requests at this rate: for long where requests come meanwhile, until it is large enough. */
export function commitDelayMs(requestsPerSecond: number, requestEvents: number): number {
  const perMs = requestsPerSecond / 1_000;
  if ((perMs * longDelayMs) / 2 < worthRequests) return shortDelayMs;
  return Math.min(longDelayMs, enoughEvents / requestEvents / perMs + shortDelayMs);
}

/** How long a commit of so many requests takes in Postgres: its CPU, then the disk. */
export function commitMs({ costs: { postgres }, fsyncMs }: Figures, requests: number, requestEvents: number): number {
  const micros = postgres.commit + requests * (postgres.request + requestEvents * postgres.event);
  return micros / 1_000 + fsyncMs;
}

const iterations = 100;

/**
 * Commits a second of one api process under Poisson arrivals. One commit is under way at a time. What arrives meanwhile
 * waits for it and for the commit delay; if nothing does, the next commit also waits for the next request.
 */
export function commitsPerSecond(figures: Figures, requestsPerSecond: number, requestEvents: number): number {
  if (requestsPerSecond === 0) return 0;
  const perMs = requestsPerSecond / 1_000;
  const maxRequests = Math.max(1, maxBatchEvents / requestEvents);
  const delayMs = commitDelayMs(requestsPerSecond, requestEvents);
  let requests = 1;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const ms = commitMs(figures, requests, requestEvents);
    const cycleMs = ms + delayMs + Math.exp(-perMs * ms) / perMs;
    requests = (requests + Math.min(maxRequests, perMs * cycleMs)) / 2;
  }
  return requestsPerSecond / requests;
}
