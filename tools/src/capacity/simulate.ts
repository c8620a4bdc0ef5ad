import { percentile } from '../bench/reading/percentiles.js';
import { createRandom } from '../fakes/random.js';
import type { Figures } from './figures.js';
import { commitDelayMs, commitMs, maxBatchEvents } from './groupCommit.js';

export interface Simulation {
  /** The share of the process's core that was in use while requests arrived, from 0 to 1. */
  readonly utilisation: number;
  /** Requests in a commit, on average. */
  readonly commitRequests: number;
  /** From the arrival of a request to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SimulatedTraffic {
  readonly requestsPerSecond: number;
  readonly requestEvents: number;
  readonly currents: number;
  /** How many requests are simulated. */
  readonly requests: number;
  readonly seed: number;
}

type Work =
  | { readonly kind: 'parse'; readonly arrivedMs: number }
  | { readonly kind: 'commit'; readonly group: readonly number[] };

/**
 * A discrete-event simulation of one api process. Requests arrive at random (a Poisson process). One core takes them and
 * the commits first come, first served, in constant times; one commit at a time is in Postgres. It is the queue behind
 * `demandOf`, which knows averages only. Left out: garbage collection, bursts, and other load on Postgres.
 */
export function simulate(figures: Figures, traffic: SimulatedTraffic): Simulation {
  const { requestsPerSecond, requestEvents, currents } = traffic;
  const { api } = figures.costs;
  const parseMs = (api.request + requestEvents * api.event) / 1_000;
  const prepareMs = (api.commit + currents * api.delivery) / 1_000;
  const maxRequests = Math.max(1, Math.floor(maxBatchEvents / requestEvents));
  const random = createRandom(traffic.seed);
  const gapMs = (): number => (-Math.log(1 - random()) * 1_000) / requestsPerSecond;

  const delayMs = commitDelayMs(requestsPerSecond, requestEvents);
  const work: Work[] = [];
  let begun = 0;
  let parsed: number[] = [];
  const delays: number[] = [];
  let commits = 0;
  /** The work of the core that began while requests arrived, and the time of the last arrival. */
  let busyMs = 0;
  let arrivedMs = 0;
  let arrivals = 0;
  let isCommitting = false;
  let group: readonly number[] = [];
  let nowMs = 0;
  let arrivalMs = gapMs();
  let coreMs = Infinity;
  let gatheredMs = Infinity;
  let committedMs = Infinity;

  function beginWork(): void {
    const next = work[begun];
    if (coreMs < Infinity || !next) return;
    const ms = next.kind === 'parse' ? parseMs : prepareMs;
    if (arrivals < traffic.requests) busyMs += ms;
    coreMs = nowMs + ms;
  }

  function endWork(): void {
    const done = work[begun++] as Work;
    coreMs = Infinity;
    if (done.kind === 'parse') {
      parsed.push(done.arrivedMs);
      schedule();
    } else {
      group = done.group;
      committedMs = nowMs + commitMs(figures, group.length, requestEvents);
    }
  }

  /** As the store does: a full batch at once, others when requests have gathered. */
  function schedule(): void {
    if (isCommitting || parsed.length === 0) return;
    if (parsed.length >= maxRequests) return commit();
    if (gatheredMs === Infinity) gatheredMs = nowMs + delayMs;
  }

  function commit(): void {
    isCommitting = true;
    gatheredMs = Infinity;
    commits++;
    work.push({ kind: 'commit', group: parsed.slice(0, maxRequests) });
    parsed = parsed.slice(maxRequests);
  }

  while (delays.length < traffic.requests) {
    nowMs = Math.min(arrivalMs, coreMs, gatheredMs, committedMs);
    if (nowMs === arrivalMs) {
      work.push({ kind: 'parse', arrivedMs: nowMs });
      arrivals++;
      arrivedMs = nowMs;
      arrivalMs = arrivals < traffic.requests ? nowMs + gapMs() : Infinity;
    } else if (nowMs === coreMs) endWork();
    else if (nowMs === gatheredMs) commit();
    else {
      for (const startMs of group) delays.push(nowMs - startMs);
      isCommitting = false;
      committedMs = Infinity;
      schedule();
    }
    beginWork();
  }
  return {
    utilisation: busyMs / arrivedMs,
    commitRequests: delays.length / commits,
    p50Ms: percentile(delays, 0.5),
    p99Ms: percentile(delays, 0.99),
  };
}

export interface SimulatedLoad {
  readonly eventsPerSecond: number;
  readonly simulation: Simulation;
}

const precision = 1.005;

/** The rate at which so much of the process's core is in use, by bisection, and its delays. */
export function simulateAt(
  utilisation: number,
  figures: Figures,
  traffic: Omit<SimulatedTraffic, 'requestsPerSecond'>,
): SimulatedLoad {
  const at = (requestsPerSecond: number): Simulation => simulate(figures, { ...traffic, requestsPerSecond });
  let [low, high] = [0.1, 1e6];
  while (high / low > precision) {
    const middle = Math.sqrt(low * high);
    if (at(middle).utilisation <= utilisation) low = middle;
    else high = middle;
  }
  return { eventsPerSecond: low * traffic.requestEvents, simulation: at(low) };
}
