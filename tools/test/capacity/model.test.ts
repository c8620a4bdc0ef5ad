import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  demandOf,
  lingerEvents,
  lingerMs,
  maxClaimedDeliveries,
  requestsPerClaim,
  type Scenario,
} from '../../src/capacity/demand.js';
import { divide } from '../../src/capacity/divide.js';
import {
  commitsPerSecond,
  enoughEvents,
  longDelayMs,
  maxBatchEvents,
  shortDelayMs,
  worthRequests,
} from '../../src/capacity/groupCommit.js';
import { limitsOf } from '../../src/capacity/partner.js';
import { simulate, simulateAt } from '../../src/capacity/simulate.js';
import { hasRoom, reachBottlenecks, type Capacity } from '../../src/capacity/bottlenecks.js';
import { exampleFigures as figures } from './exampleFigures.js';

const scenario: Scenario = {
  requestEvents: 100,
  currents: 2,
  share: 1,
  retentionDays: 14,
  partnerMs: 100,
  utilisation: 0.5,
  checkpointSeconds: 300,
  partner: { maxRequestEvents: 2_000, maxRequestBytes: 10_000_000, maxRequests: 10, eventsPerSecond: 30_000 },
  figures,
};
const capacity: Capacity = {
  postgresCores: 32,
  walBytesPerSecond: 500e6,
  fsyncsPerSecond: 1_000,
  diskBytes: 16e12,
  maxConnections: 500,
};

describe('the constants of the hub', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

  it.each([
    ['apps/api/src/config.ts', `INGEST_COMMIT_DELAY_MS: wholeNumber(0, 1_000).default(${longDelayMs}),`],
    ['packages/core/src/ingest/commitDelay.ts', `const shortMs = ${shortDelayMs};`],
    ['packages/core/src/ingest/commitDelay.ts', `const enoughEvents = ${enoughEvents / 1_000}_000;`],
    ['packages/core/src/ingest/commitDelay.ts', `const worthRequests = ${worthRequests};`],
    ['apps/api/src/main.ts', `batchEvents: ${maxBatchEvents / 1_000}_000,`],
    ['apps/api/src/main.ts', 'const maxConcurrentCommits = 1;'],
    ['packages/core/src/delivery/linger.ts', `const enoughEvents = ${lingerEvents};`],
    ['packages/core/src/db/schema/currents.ts', `t.integer('linger_ms').notNull().default(${lingerMs})`],
    ['packages/core/src/worker/attemptRunner.ts', `const requestsAtOnce = ${requestsPerClaim};`],
    ['packages/core/src/delivery/claim.ts', `const maxDeliveries = ${maxClaimedDeliveries};`],
    ['.env.example', `with room for 30 connections of each process`],
  ])('%s has %s', (path, text) => {
    expect(read(path)).toContain(text);
  });
});

describe('group commit', () => {
  it('commits almost each request of quiet traffic alone', () => {
    const commits = commitsPerSecond(figures, 10, 1);
    expect(commits).toBeLessThan(10);
    expect(commits).toBeGreaterThan(9);
  });

  it('gathers more requests in a commit as more arrive', () => {
    const requestsIn = (rate: number): number => rate / commitsPerSecond(figures, rate, 1);
    expect(requestsIn(10_000)).toBeGreaterThan(4 * requestsIn(1_000));
  });

  it('stores at most so many events at once', () => {
    expect(100_000 / commitsPerSecond(figures, 1_000, 100)).toBeLessThanOrEqual(maxBatchEvents);
    expect(1e8 / commitsPerSecond(figures, 1e6, 100)).toBeCloseTo(maxBatchEvents);
    expect(1e6 / commitsPerSecond(figures, 100, 10_000)).toBeCloseTo(10_000);
  });
});

describe('what a rate needs', () => {
  const demand = demandOf(10_000, scenario);

  it('is the work times its costs', () => {
    const { commits } = demand;
    expect(demand.requests).toBe(100);
    expect(demand.apiCores * 0.5 * 1e6).toBeCloseTo(1_000 + 10_000 * 5 + 100 * 100 + commits * 1_000);
    expect(demand.postgresCores * 0.5 * 1e6).toBeCloseTo(4_000 + 10_000 + 1_000 + commits * (500 + 2 * 200));
    expect(demand.walBytes).toBeCloseTo(10_000 * 100 + 100 * 300 + commits * 800);
    expect(demand.dayBytes).toBeCloseTo(86_400 * (10_000 * 100 + 100 * 150 + commits * (2_000 + 2 * 100) + 2 * 10_000));
    expect(demand.diskBytes).toBe(demand.dayBytes * 14);
    expect(demand.bytesIn).toBe(10_000 * 600);
    expect(demand.bytesToPartner).toBe(2 * 10_000 * 90);
    expect(demand.connections).toBe((demand.apiProcesses + demand.workerProcesses) * 30);
  });

  it('has enough api processes, and none too many', () => {
    expect(demand.apiProcesses).toBe(1);
    const large = demandOf(300_000, scenario);
    expect(large.apiCores).toBeLessThanOrEqual(large.apiProcesses);
    expect(large.apiCores).toBeGreaterThan(large.apiProcesses - 1);
  });

  it('fills requests to the partner as events linger', () => {
    expect(demandOf(1_000, scenario).partnerRequestEvents).toBeCloseTo(250);
    expect(demandOf(4_000, scenario).partnerRequestEvents).toBeCloseTo(500);
    expect(demandOf(4_000, scenario).partnerRequestsUnderWay).toBeCloseTo((4_000 / 500) * 0.1);
    const small = { ...scenario.partner, maxRequestBytes: 54_000 };
    const { partnerRequestEvents } = demandOf(4_000, { ...scenario, partner: small });
    expect(partnerRequestEvents).toBeLessThanOrEqual(100);
    expect(partnerRequestEvents).toBeGreaterThan(90);
  });

  it('counts only what a Current selects', () => {
    const tenth = demandOf(10_000, { ...scenario, share: 0.1 });
    expect(tenth.deliveredEvents).toBe(2_000);
    expect(tenth.currentCores).toBeLessThan(demand.currentCores);
    expect(tenth.apiCores).toBe(demand.apiCores);
  });

  it('places Currents on workers, and never one on two', () => {
    // A Current takes about a quarter of a core to provide.
    const { currentCores } = demandOf(10_000, scenario);
    expect(Math.floor(1 / currentCores)).toBe(4);
    expect(demandOf(10_000, { ...scenario, currents: 8 }).workerProcesses).toBe(2);
    expect(demandOf(10_000, { ...scenario, currents: 9 }).workerProcesses).toBe(3);
    expect(demandOf(1_000_000, scenario).workerProcesses).toBe(2);
  });

  it('has full pages of WAL where the hashes of requests are large, fewer of them between rare checkpoints', () => {
    const hashes = { ...scenario, requestEvents: 1, figures: { ...figures, requestIndexBytes: 72 } };
    const without = demandOf(10_000, { ...hashes, figures }).walBytes;
    const full = demandOf(10_000, hashes).walBytes - without;
    // At most a page for each request.
    expect(full).toBeGreaterThan(10_000 * 8_192 * 0.5);
    expect(full).toBeLessThan(10_000 * 8_192);
    expect(demandOf(10_000, { ...hashes, checkpointSeconds: 3_600 }).walBytes - without).toBeLessThan(full / 2);
  });
});

describe('the bottlenecks', () => {
  const bottlenecks = reachBottlenecks(scenario, capacity);
  const rateOf = (name: string): number =>
    bottlenecks.find((bottleneck) => bottleneck.name === name)?.eventsPerSecond ?? NaN;

  it('are reached where what is needed exceeds what is available', () => {
    expect(rateOf('limit of the partner') / 30_000).toBeCloseTo(1, 3);
    expect(rateOf('answers of the partner') / 200_000).toBeCloseTo(1, 3);
    for (const { name, needed, available, eventsPerSecond } of bottlenecks) {
      expect(needed(demandOf(eventsPerSecond, scenario)), name).toBeLessThanOrEqual(available);
      expect(needed(demandOf(eventsPerSecond * 1.001, scenario)), name).toBeGreaterThan(available);
    }
  });

  it('are in the order in which they are reached', () => {
    const rates = bottlenecks.map(({ eventsPerSecond }) => eventsPerSecond);
    expect(rates).toEqual([...rates].sort((one, other) => one - other));
    expect(bottlenecks).toHaveLength(8);
  });

  it('move with what is available', () => {
    const [disk] = reachBottlenecks(scenario, { ...capacity, diskBytes: 1e9 });
    expect(disk?.name).toBe('disk space');
    const unlimited = { ...scenario, partner: { ...scenario.partner, eventsPerSecond: undefined } };
    expect(reachBottlenecks(unlimited, capacity).map(({ name }) => name)).not.toContain('limit of the partner');
  });
});

describe('a rate beyond the bottlenecks', () => {
  const bottlenecks = reachBottlenecks(scenario, capacity);
  const divisionOf = (rate: number, given = scenario) => divide(rate, given, reachBottlenecks(given, capacity));

  it('is not divided below them', () => {
    expect(divisionOf(10_000)).toMatchObject({ hubs: 1, currents: 2, demand: demandOf(10_000, scenario) });
  });

  it('has its Currents divided first, so that a worker can deliver each', () => {
    const { hubs, currents, demand } = divisionOf(100_000);
    expect(hubs).toBe(1);
    expect(currents).toBeGreaterThanOrEqual(6);
    expect(demand.currentCores).toBeLessThanOrEqual(1);
    expect(demand.workerProcesses).toBe(currents);
  });

  it('is divided among as few hubs as none of them reaches a bottleneck', () => {
    const { hubs = 0, demand } = divisionOf(1_000_000);
    const ofHub = bottlenecks.filter(({ of }) => of === 'hub');
    expect(hubs).toBeGreaterThan(2);
    expect(demand.eventsPerSecond).toBeCloseTo(1_000_000 / hubs);
    for (const bottleneck of ofHub) expect(hasRoom(bottleneck, demand), bottleneck.name).toBe(true);
    expect(divisionOf((1_000_000 / hubs) * (hubs - 1)).hubs).toBe(hubs - 1);
  });

  it('is left as it is when no number of hubs is enough', () => {
    const few = { ...capacity, maxConnections: 30 };
    expect(divide(10_000, scenario, reachBottlenecks(scenario, few))).toMatchObject({ hubs: undefined, currents: 2 });
  });
});

describe('the limits of a partner', () => {
  it('are those of its connector', () => {
    expect(limitsOf('mixpanel')).toMatchObject({ maxRequestEvents: 2_000, maxRequests: 10, eventsPerSecond: 30_000 });
    expect(limitsOf('amplitude')).toMatchObject({
      maxRequestEvents: 1_000,
      maxRequests: 4,
      eventsPerSecond: undefined,
    });
  });
});

describe('the simulation of an api process', () => {
  const traffic = { requestEvents: 100, currents: 1, requests: 10_000, seed: 1 };
  const aloneMs = 0.6 + shortDelayMs + 1 + (0.5 + 0.01 + 0.1) + 1;

  it('is the same for the same seed', () => {
    const run = (seed: number) => simulate(figures, { ...traffic, requestsPerSecond: 200, seed });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('answers a lonely request after its parsing, the gathering and its commit', () => {
    const { p50Ms, commitRequests } = simulate(figures, { ...traffic, requestsPerSecond: 0.1 });
    expect(p50Ms).toBeCloseTo(aloneMs);
    expect(commitRequests).toBeCloseTo(1, 1);
  });

  it('makes requests wait longer, and commits larger, as more of the core is in use', () => {
    const loads = [0.3, 0.6, 0.9].map((share) => simulateAt(share, figures, traffic));
    for (const [index, share] of [0.3, 0.6, 0.9].entries())
      expect(loads[index]?.simulation.utilisation).toBeCloseTo(share, 1);
    // At a third of a core, the commit delay is most of what a request waits for; it shrinks as more arrives.
    expect(loads[2]?.simulation.p99Ms).toBeGreaterThan(loads[1]?.simulation.p99Ms ?? Infinity);
    expect(loads[2]?.simulation.commitRequests).toBeGreaterThan(loads[0]?.simulation.commitRequests ?? Infinity);
  });

  it('uses a core whole when more arrives than it can do', () => {
    const { utilisation, p99Ms } = simulate(figures, { ...traffic, requestsPerSecond: 10_000 });
    expect(utilisation).toBeGreaterThan(0.95);
    expect(p99Ms).toBeGreaterThan(1_000);
  });

  it('commits about as often as the formula expects while a core is half free', () => {
    const { commitRequests } = simulate(figures, { ...traffic, requestsPerSecond: 300 });
    expect(300 / commitsPerSecond(figures, 300, 100) / commitRequests).toBeCloseTo(1, 0);
  });
});
