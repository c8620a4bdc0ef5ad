import type { Figures } from './figures.js';

/** The constants of the api's store (apps/api/src/main.ts): it gathers requests for 3 ms and stores up to 4,000 events. */
export const gatherMs = 3;
export const maxBatchEvents = 4_000;

/** How long a commit of so many requests takes in Postgres: its CPU, then the disk. */
export function commitMs({ costs: { postgres }, fsyncMs }: Figures, requests: number, requestEvents: number): number {
  const micros = postgres.commit + requests * (postgres.request + requestEvents * postgres.event);
  return micros / 1_000 + fsyncMs;
}

const iterations = 100;

/**
 * Commits a second of one api process under Poisson arrivals. One commit is under way at a time. What arrives meanwhile
 * waits for it and for 3 ms; if nothing does, the next commit also waits for the next request.
 */
export function commitsPerSecond(figures: Figures, requestsPerSecond: number, requestEvents: number): number {
  if (requestsPerSecond === 0) return 0;
  const perMs = requestsPerSecond / 1_000;
  const maxRequests = Math.max(1, maxBatchEvents / requestEvents);
  let requests = 1;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const ms = commitMs(figures, requests, requestEvents);
    const cycleMs = ms + gatherMs + Math.exp(-perMs * ms) / perMs;
    requests = (requests + Math.min(maxRequests, perMs * cycleMs)) / 2;
  }
  return requestsPerSecond / requests;
}
