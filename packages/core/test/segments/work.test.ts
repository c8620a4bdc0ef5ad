import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateSegment, createHttp, createMetrics, listSegmentChanges, memberKey } from '@currents/core';
import { startCohortWork } from '../../src/cohorts/cohortWork.js';
import { startSweeps } from '../../src/sweeps.js';
import { startSegmentWork } from '../../src/segments/segmentWork.js';
import { add, createDice, page, remove, user } from '../cohorts/cohortHarness.js';
import { sweepMs, until } from '../deliveryHarness.js';
import { openSegmentHarness, type SegmentHarness } from './segmentHarness.js';

let harness: SegmentHarness;
beforeAll(async () => {
  harness = await openSegmentHarness();
});
afterAll(() => harness.close());

const log = pino({ level: 'silent' });
const http = createHttp({ timeoutMs: 1_000, connections: 1, allowPrivateAddresses: true });

/** No pause between evaluations, so that they overlap with changes as often as possible. */
const endRest = () => harness.sql`update segment set evaluate_after = now() where evaluate_after > now()`;

describe('workers', () => {
  it('keep segments correct while cohorts are replaced and changed and workers are killed, and record each entry and exit once', async () => {
    const roll = createDice(21);
    const below = (limit: number): number => Math.floor(roll() * limit);
    const [one, other] = [
      { id: 'one', name: 'One' },
      { id: 'other', name: 'Other' },
    ];
    await harness.push([
      { kind: 'declare', cohort: one },
      { kind: 'declare', cohort: other },
    ]);
    const [a, b] = [await harness.cohortId('one'), await harness.cohortId('other')];
    const both = (await harness.segment('Both', { all: [{ includes: a }, { includes: b }] })).id;
    const only = (await harness.segment('Only one', { all: [{ includes: a }, { excludes: b }] })).id;
    await harness.settle();
    const sweeps = startSweeps(harness.sql, log, sweepMs);
    const options = { databaseUrl: harness.url, sweeps, log, metrics: createMetrics(), retentionDays: 14 };
    const startAll = () => [
      startCohortWork(options),
      startCohortWork(options),
      startSegmentWork({ ...options, http, seal: harness.seal, windowMs: 3_600_000, requestMs: 1_000 }),
      startSegmentWork({ ...options, http, seal: harness.seal, windowMs: 3_600_000, requestMs: 1_000 }),
    ];
    const works = startAll();
    for (let round = 0; round < 60; round++) {
      const cohort = below(2) === 0 ? one : other;
      const some = Array.from({ length: 1 + below(30) }, () => user(below(60)));
      const kind = below(3);
      await harness.push([
        kind === 0
          ? page(`s${round}`, 1, 1, some, cohort)
          : kind === 1
            ? add(some, { cohort })
            : remove(some, { cohort }),
      ]);
      await endRest();
      if (round === 20)
        await updateSegment(harness.admin, only, { definition: { any: [{ includes: a }, { includes: b }] } });
      if (round === 40)
        await updateSegment(harness.admin, only, { definition: { all: [{ includes: b }, { excludes: a }] } });
      if (round % 15 === 7) {
        await harness.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name in ('currents-cohorts', 'currents-segments') and datname = current_database() and xact_start is not null and backend_start < now() - interval '0.2 seconds'`;
      }
    }
    await until(
      async () => {
        await endRest();
        return (
          await harness.sql`select from cohort_change where state = 'pending' union all select from segment_candidate`
        ).count;
      },
      (left) => left === 0,
    );
    await Promise.all([sweeps, ...works].map((work) => work.stop()));
    const [inOne, inOther] = [await harness.membersOf('one'), await harness.membersOf('other')];
    expect(await harness.members(both)).toEqual(inOne.filter((key) => inOther.includes(key)));
    expect(await harness.members(only)).toEqual(inOther.filter((key) => !inOne.includes(key)));
    for (const id of [both, only]) {
      const followed = new Set<string>();
      for (let after: string | undefined = '0'; after !== undefined;) {
        const page = await listSegmentChanges(harness.admin, id, { first: 200, after });
        if (page.kind !== 'SegmentChangeConnection') throw new Error(page.message);
        for (const { type, member } of page.nodes) {
          expect(followed.has(memberKey(member))).toBe(type === 'left');
          if (type === 'entered') followed.add(memberKey(member));
          else followed.delete(memberKey(member));
        }
        after = page.nextCursor;
      }
      expect([...followed].sort()).toEqual(await harness.members(id));
    }
  });
});
