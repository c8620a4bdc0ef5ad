import type { CohortList, CohortPull, Connector, PullLimits, PullStep } from '@currents/connector';
import { createFakePartner, fakeConnector } from '../fakeConnector.js';

export interface FakeCohort {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly size?: number;
}

/** A request to the fake partner. */
export interface Call {
  readonly cohort: string;
  /** The number of members that earlier steps returned. */
  readonly from: number;
}

/** A partner with cohorts. */
export interface FakeCohorts {
  readonly cohorts: Map<string, FakeCohort>;
  pageSize: number;
  /** The maximum number of pages per step. */
  pagesPerStep: number;
  /** The wait before the next step, as a step requests it. */
  afterMs: number;
  readonly calls: Call[];
  /** The maximum number of concurrent steps so far. */
  atOnce: number;
  /** The result of a step instead of the usual one; `before` runs before its pages are passed on, `after` after them. */
  before: (call: Call) => PullStep | undefined;
  after: (call: Call) => PullStep | undefined | Promise<undefined>;
  /** Awaited in each step. */
  pause: (call: Call) => Promise<void>;
  list: CohortList | undefined;
  /** The number of members that the partner says it has, instead of the right one. */
  total: number | undefined;
  lists: number;
}

export function createFakeCohorts(...cohorts: readonly FakeCohort[]): FakeCohorts {
  return {
    cohorts: new Map(cohorts.map((cohort) => [cohort.id, cohort])),
    pageSize: 10,
    pagesPerStep: 1,
    afterMs: 0,
    calls: [],
    atOnce: 0,
    before: () => undefined,
    after: () => undefined,
    pause: async () => undefined,
    list: undefined,
    total: undefined,
    lists: 0,
  };
}

/** A connector with cohort pulls, without a network. The cursor of a pull is a number of members and their snapshot. */
export function pullingConnector(
  fake: FakeCohorts,
  limits: PullLimits = { maxConcurrentSteps: 100, budgets: [] },
): Connector {
  let underWay = 0;
  const cohortPull: CohortPull<unknown, { readonly key: string }> = {
    description: 'Costs nothing: there is no partner.',
    limits,
    async list() {
      fake.lists++;
      const cohorts = [...fake.cohorts.values()].map(({ id, name, members, size = members.length }) => ({
        id,
        name,
        size,
        createdAtMs: 1_700_000_000_000,
      }));
      return fake.list ?? { outcome: 'listed', cohorts };
    },
    async pull(cohortId, place, { credentials }, take) {
      if (credentials.key !== 'k' && credentials.key !== 'k2') throw new Error('expected credentials');
      const { from, members } =
        place === undefined
          ? { from: 0, members: fake.cohorts.get(cohortId)?.members ?? [] }
          : (JSON.parse(place) as { from: number; members: string[] });
      const call = { cohort: cohortId, from };
      fake.calls.push(call);
      fake.atOnce = Math.max(fake.atOnce, ++underWay);
      try {
        await fake.pause(call);
        const trouble = fake.before(call);
        if (trouble) return trouble;
        let to = from;
        for (let page = 0; page < fake.pagesPerStep && (to < members.length || to === 0); page++) {
          const part = members.slice(to, to + fake.pageSize);
          await take({
            members: part.filter((id) => id !== '').map((externalId) => ({ externalId })),
            refused: part.includes('') ? { no_id: 1 } : {},
            total: fake.total ?? members.length,
          });
          to += fake.pageSize;
        }
        const late = await fake.after(call);
        if (late) return late;
        return to >= members.length
          ? { outcome: 'complete' }
          : { outcome: 'continue', cursor: JSON.stringify({ from: to, members }), afterMs: fake.afterMs };
      } finally {
        underWay--;
      }
    },
  };
  return { ...fakeConnector(createFakePartner()), cohortPull: cohortPull as CohortPull<unknown, unknown> };
}
