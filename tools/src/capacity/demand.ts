import type { Figures } from './figures.js';
import { commitsPerSecond } from './groupCommit.js';
import type { PartnerLimits } from './partner.js';
import { costOf, none, type PerUnit } from './units.js';

/** What is asked of a hub, beside the rate of events. */
export interface Scenario {
  readonly requestEvents: number;
  readonly currents: number;
  /** The share of the events that each Current selects, from 0 to 1. */
  readonly share: number;
  readonly retentionDays: number;
  /** How late the partner answers. */
  readonly partnerMs: number;
  /** The share of a core that may be in use, from 0 to 1; the rest is for bursts. */
  readonly utilisation: number;
  readonly checkpointSeconds: number;
  readonly partner: PartnerLimits;
  readonly figures: Figures;
}

/** What a hub needs at a rate. Rates are per second; cores are those to provide, at the given utilisation. */
export type Demand = ReturnType<typeof demandOf>;

const daySeconds = 86_400;
const pageBytes = 8_192;
/** A claim takes two full requests (packages/core/src/worker/attemptRunner.ts). */
export const requestsPerClaim = 2;
/** The most deliveries of one claim (packages/core/src/delivery/claim.ts). */
export const maxClaimedDeliveries = 200;
/** The defaults of packages/core/src/delivery/linger.ts: events gather for 250 ms, or until 500 are expected. */
export const lingerMs = 250;
export const lingerEvents = 500;

export function demandOf(eventsPerSecond: number, scenario: Scenario) {
  const { requestEvents, currents, share, retentionDays, utilisation, partner, figures } = scenario;
  const { api: apiCosts, worker: workerCosts, postgres, wal, stored } = figures.costs;
  const requests = eventsPerSecond / requestEvents;
  const api = apiProcesses(requests, scenario);
  const batchEvents = eventsPerSecond / api.commits;
  const selected = eventsPerSecond * share;
  const deliveries = api.commits * (1 - (1 - share) ** batchEvents);
  const maxRequestEvents = maxPartnerEvents(partner, figures);
  const deliveryEvents = selected / deliveries;
  const attemptEvents = Math.min(
    requestsPerClaim * maxRequestEvents,
    maxClaimedDeliveries * deliveryEvents,
    Math.max(deliveryEvents, Math.min((selected * lingerMs) / 1_000, lingerEvents)),
  );
  const partnerRequests = (selected / attemptEvents) * Math.ceil(attemptEvents / maxRequestEvents);

  const ofCurrent: PerUnit = {
    ...none,
    delivery: deliveries,
    deliveredEvent: selected,
    partnerRequest: partnerRequests,
  };
  const currentCores = costOf(workerCosts, ofCurrent) / 1e6 / utilisation;
  const idleCores = workerCosts.second / 1e6 / utilisation;
  const currentsPerWorker = Math.max(1, Math.floor((1 - idleCores) / currentCores));
  const workers = Math.ceil(currents / currentsPerWorker);

  const work: PerUnit = {
    second: 1,
    event: eventsPerSecond,
    request: requests,
    commit: api.commits,
    delivery: currents * deliveries,
    deliveredEvent: currents * selected,
    partnerRequest: currents * partnerRequests,
  };
  const dayBytes = costOf(stored, work) * daySeconds;
  const requestIndexDayBytes = requests * figures.requestIndexBytes * daySeconds;
  return {
    eventsPerSecond,
    requests,
    commits: api.commits,
    batchEvents,
    apiProcesses: api.processes,
    apiCores: costOf({ ...apiCosts, second: apiCosts.second * api.processes }, work) / 1e6 / utilisation,
    deliveredEvents: work.deliveredEvent,
    partnerRequests: work.partnerRequest,
    partnerRequestEvents: selected / partnerRequests,
    /** Requests under way to one partner (Little's law). */
    partnerRequestsUnderWay: (partnerRequests * scenario.partnerMs) / 1_000,
    /** Of one Current, which is delivered by one worker at a time. */
    currentCores,
    currentEvents: selected,
    workerProcesses: workers,
    workerCores: currentCores * currents + idleCores * workers,
    postgresCores: costOf(postgres, work) / 1e6 / utilisation,
    walBytes: costOf(wal, work) + fullPageBytes(requests, requestIndexDayBytes, scenario),
    dayBytes,
    diskBytes: dayBytes * retentionDays,
    /** The index of request hashes of today and yesterday, in which every commit looks at random places. */
    requestIndexBytes: 2 * requestIndexDayBytes,
    bytesIn: eventsPerSecond * figures.eventBytes,
    bytesToPartner: work.deliveredEvent * figures.partnerEventBytes,
    connections: (api.processes + workers) * figures.connectionsPerProcess,
    redisCalls:
      currents * figures.redisCallsPerCurrentSecond + work.partnerRequest * figures.redisCallsPerPartnerRequest,
  };
}

/** The least number of processes of one core each, and the commits of all of them: more processes commit more often. */
function apiProcesses(requests: number, { requestEvents, currents, utilisation, figures }: Scenario) {
  const { api } = figures.costs;
  const perRequest = api.request + requestEvents * api.event;
  for (let processes = 1; ;) {
    const commits = processes * commitsPerSecond(figures, requests / processes, requestEvents);
    const micros = requests * perRequest + commits * (api.commit + currents * api.delivery) + processes * api.second;
    const needed = Math.ceil(micros / 1e6 / utilisation);
    if (needed <= processes) return { processes, commits };
    processes = needed;
  }
}

/** Events of a full request to the partner. */
function maxPartnerEvents({ maxRequestEvents, maxRequestBytes }: PartnerLimits, { partnerJsonBytes }: Figures): number {
  return Math.max(1, Math.min(maxRequestEvents, Math.floor(maxRequestBytes / partnerJsonBytes)));
}

/** The most events a second that one Current gets answered, with as many full requests under way as the partner allows. */
export function partnerEventsPerSecond({ partner, partnerMs, figures }: Scenario): number {
  return (partner.maxRequests * maxPartnerEvents(partner, figures)) / (partnerMs / 1_000);
}

/**
 * WAL of full pages a second: after each checkpoint, Postgres logs a whole page with its first change (full_page_writes).
 * Hashes of requests change random pages of an index. Of p pages, r changes touch p(1 − e^(−r/p)), at the end of a day.
 */
function fullPageBytes(requests: number, indexBytes: number, { checkpointSeconds }: Scenario): number {
  const pages = indexBytes / pageBytes;
  if (pages === 0) return 0;
  const touched = pages * (1 - Math.exp((-requests * checkpointSeconds) / pages));
  return (touched * pageBytes) / checkpointSeconds;
}
