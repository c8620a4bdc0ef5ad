import { z } from 'zod';
import type { Figures, Resource, Run } from './figures.js';
import { fitCosts, fitErrorOf, type Sample } from './fitCosts.js';
import { commitsPerSecond } from './groupCommit.js';
import { none, rounded, roundedCosts, type PerUnit, type Unit } from './units.js';

/** The units that each resource is spent on. An idle hub writes WAL only when it vacuums, which is part of the other units. */
export const explainedBy: Readonly<Record<Resource, readonly Unit[]>> = {
  api: ['second', 'event', 'request', 'commit', 'delivery'],
  worker: ['second', 'delivery', 'deliveredEvent', 'partnerRequest'],
  postgres: ['second', 'event', 'request', 'commit', 'delivery', 'deliveredEvent', 'partnerRequest'],
  wal: ['event', 'request', 'commit', 'delivery', 'deliveredEvent', 'partnerRequest'],
  stored: ['event', 'request', 'commit', 'delivery', 'deliveredEvent'],
};

/** The costs that explain the runs, for the resources that all of them have measured. */
export function costsOf(runs: readonly Run[]) {
  const costs: Partial<Record<Resource, PerUnit>> = {};
  const fitErrors: Partial<Record<Resource, number>> = {};
  for (const [resource, explained] of Object.entries(explainedBy) as [Resource, readonly Unit[]][]) {
    const samples: Sample[] = runs.flatMap(({ work, cost }) => {
      const value = cost[resource];
      const isExplained = explained.some((unit) => work[unit] > 0);
      return value === undefined || !isExplained ? [] : [{ work, cost: value }];
    });
    if (samples.length === 0) continue;
    const fitted = roundedCosts(fitCosts(samples, explained));
    costs[resource] = fitted;
    fitErrors[resource] = rounded(fitErrorOf(samples, fitted));
  }
  return { costs, fitErrors };
}

/** What is read of the result of `npm run bench -- --only curve --json FILE`. */
const curveResult = z.object({
  node: z.string(),
  cores: z.number(),
  processor: z.string(),
  loadAverage: z.object({ before: z.array(z.number()) }),
  cells: z.array(
    z.object({
      cell: z.object({
        name: z.string(),
        arrivals: z.object({ kind: z.enum(['idle', 'steady', 'flood']), requestEvents: z.number().default(1) }),
        currents: z.number(),
        partnerMs: z.number(),
        pastDays: z.number(),
      }),
      postgresVersion: z.string(),
      rounds: z.array(
        z.object({
          hub: z.object({
            events: z.number(),
            eventsPerSecond: z.number(),
            requests: z.number(),
            cpuMicros: z.record(z.string(), z.number()),
          }),
        }),
      ),
    }),
  ),
});

type CurveCell = z.infer<typeof curveResult>['cells'][number];

/** Whether a file is the result of the curve. */
export function isCurve(content: unknown): boolean {
  return curveResult.safeParse(content).success;
}

/**
 * The figures with the CPU costs that the curve has measured. It has neither bytes nor commits: bytes stay as given, and
 * commits are those that `commitsPerSecond` expects. Cells with a late partner or past partitions are left out.
 */
export function withCurve(given: Figures, content: unknown): Figures {
  const { cells, node, cores, processor, loadAverage } = curveResult.parse(content);
  const runs = cells
    .filter(({ cell }) => cell.partnerMs === 0 && cell.pastDays === 0)
    .flatMap((cell) => cell.rounds.map((round) => runOf(cell, round.hub, given)));
  const { costs, fitErrors } = costsOf(runs);
  return {
    ...given,
    commit: 'unknown',
    machine: { processor, cores, node, postgres: cells[0]?.postgresVersion ?? given.machine.postgres },
    loadBefore: loadAverage.before[0] ?? 0,
    sources: { ...given.sources, cpu: 'fitted to a result of npm run bench -- --only curve' },
    costs: { ...given.costs, ...costs },
    fitErrors: { ...given.fitErrors, ...fitErrors },
    runs,
  };
}

/**
 * Requests in a commit of a flood. Its generator has 64 connections, each with one request: while the half of them is in a
 * commit, the other half forms the next one.
 */
const floodCommitRequests = 32;

function runOf({ cell }: CurveCell, hub: CurveCell['rounds'][number]['hub'], figures: Figures): Run {
  const { arrivals, currents, name } = cell;
  const { requestEvents } = arrivals;
  const shared = { name, requestEvents, currents };
  const cpuOf = (seconds: number) => ({
    api: (hub.cpuMicros['api'] ?? 0) * seconds,
    worker: (hub.cpuMicros['worker'] ?? 0) * seconds,
    postgres: (hub.cpuMicros['postgres'] ?? 0) * seconds,
  });
  if (arrivals.kind === 'idle') return { ...shared, eventsPerSecond: 0, work: { ...none, second: 1 }, cost: cpuOf(1) };
  const { events, eventsPerSecond } = hub;
  const requests = events / requestEvents;
  const seconds = events / eventsPerSecond;
  const expected = commitsPerSecond(figures, requests / seconds, requestEvents) * seconds;
  const commits = arrivals.kind === 'flood' ? Math.min(expected, requests / floodCommitRequests) : expected;
  return {
    ...shared,
    eventsPerSecond,
    work: {
      second: seconds,
      event: events,
      request: requests,
      commit: commits,
      delivery: commits * currents,
      deliveredEvent: events * currents,
      partnerRequest: hub.requests,
    },
    // The curve has them per event.
    cost: cpuOf(events),
  };
}
