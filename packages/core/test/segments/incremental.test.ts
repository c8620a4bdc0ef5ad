import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttp, createMetrics, updateSegment } from '@currents/core';
import { evaluateSegment } from '../../src/segments/evaluate.js';
import { matches, type Definition } from '../../src/segments/definition.js';
import { startSegmentWork } from '../../src/segments/segmentWork.js';
import { startSweeps } from '../../src/sweeps.js';
import { add, createDice, keys, page, remove, user, users } from '../cohorts/cohortHarness.js';
import { until } from '../deliveryHarness.js';
import { openSegmentHarness, type SegmentHarness } from './segmentHarness.js';

let harness: SegmentHarness;
beforeAll(async () => {
  harness = await openSegmentHarness();
});
afterAll(() => harness.close());

const log = pino({ level: 'silent' });
const http = createHttp({ timeoutMs: 1_000, connections: 1, allowPrivateAddresses: true });
const named = (id: string) => ({ id, name: id });
const allMembersAreDue = (segmentId: string) =>
  harness.sql`insert into segment_candidate (segment_id) values (${Number(segmentId)})`;
const endRest = () => harness.sql`update segment set evaluate_after = now()`;

describe('the evaluation of candidates', () => {
  /** A random definition that holds for no user outside of the cohorts. */
  function draw(below: (limit: number) => number, cohortIds: readonly string[]): Definition {
    const part = (depth: number): Definition => {
      const form = below(depth > 2 ? 2 : 5);
      if (form === 0) return { includes: cohortIds[below(cohortIds.length)] as string };
      if (form === 1) return { excludes: cohortIds[below(cohortIds.length)] as string };
      if (form === 2) return { not: part(depth + 1) };
      const parts = Array.from({ length: 1 + below(3) }, () => part(depth + 1));
      return form === 3 ? { all: parts } : { any: parts };
    };
    for (;;) {
      const definition = part(0);
      if (!matches(definition, () => false)) return definition;
    }
  }

  it.each([1, 2, 3])('leaves the members that an evaluation of all members finds (seed %i)', async (seed) => {
    const roll = createDice(seed);
    const below = (limit: number): number => Math.floor(roll() * limit);
    const names = ['A', 'B', 'C'].map((name) => `${name}${seed}`);
    for (const name of names) await harness.push([{ kind: 'declare', cohort: named(name) }]);
    const ids = await Promise.all(names.map((name) => harness.cohortId(name)));
    const segments: string[] = [];
    for (let index = 0; index < 6; index++)
      segments.push((await harness.segment(`Random ${seed} ${index}`, draw(below, ids))).id);
    await harness.settle();

    let evaluatedAlone = 0;
    for (let round = 0; round < 30; round++) {
      const cohort = named(names[below(names.length)] as string);
      const some = Array.from({ length: below(12) }, () => user(below(30)));
      const kind = below(5);
      await harness.push([
        kind === 0
          ? page(`s${round}`, 1, 1, some, cohort)
          : kind < 3
            ? add(some, { cohort })
            : remove(some, { cohort }),
      ]);
      // Some changes wait for the next rounds, and some segments are evaluated while changes are applied.
      if (below(4) > 0) await Promise.all([harness.apply(), evaluateSome()]);
      if (below(3) > 0) await evaluateSome();
      if (round % 10 === 9) {
        await updateSegment(harness.admin, segments[below(segments.length)] as string, {
          definition: draw(below, ids),
        });
      }
    }
    await harness.settle();
    expect(evaluatedAlone).toBeGreaterThan(20);
    for (const id of segments) {
      const left = await harness.members(id);
      await allMembersAreDue(id);
      expect(await evaluateSegment(harness.session, Number(id))).toMatchObject({ whole: true, moved: 0 });
      expect(await harness.members(id)).toEqual(left);
    }

    async function evaluateSome(): Promise<void> {
      for (const id of segments) {
        if (below(2) === 0) continue;
        const evaluated = await evaluateSegment(harness.session, Number(id), 'candidates');
        if (evaluated.outcome === 'evaluated') evaluatedAlone++;
        if (evaluated.outcome === 'whole') await evaluateSegment(harness.session, Number(id));
      }
    }
  });

  it('does not wait for the rest after an evaluation of all members', async () => {
    const cohort = named('Large');
    await harness.push([add(users(1, 2), { cohort })]);
    await harness.apply();
    const { id } = await harness.segment('Large ones', { includes: await harness.cohortId(cohort.id) });
    await harness.settle();
    await harness.sql`update segment set whole_evaluation_after = now() + interval '1 hour' where id = ${Number(id)}`;
    await harness.push([add(users(3), { cohort })]);
    await harness.apply();
    const [due] = await harness.sql`
      select from segment where id = ${Number(id)} and evaluate_after <= now() + interval '1 second'`;
    expect(due).toBeDefined();
    expect(await evaluateSegment(harness.session, Number(id), 'candidates')).toMatchObject({ whole: false, moved: 1 });
  });

  it('does not wait for the evaluation of all members of another segment', async () => {
    const [slow, quick] = [named('Slow'), named('Quick')];
    await harness.push([add(users(1), { cohort: slow }), add(users(1), { cohort: quick })]);
    await harness.apply();
    const slowOne = await harness.segment('Slow one', { includes: await harness.cohortId(slow.id) });
    const quickOne = await harness.segment('Quick one', { includes: await harness.cohortId(quick.id) });
    await harness.settle();
    await allMembersAreDue(slowOne.id);
    await endRest();
    const sweeps = startSweeps(harness.sql, log);
    const work = await harness.sql.begin(async (tx) => {
      const [row] = await tx<{ set_id: string }[]>`select set_id from cohort where partner_id = ${slow.id}`;
      await tx`lock table ${tx(`member_set_${row?.set_id}`)} in access exclusive mode`;
      const started = startSegmentWork({
        databaseUrl: harness.url,
        sweeps,
        log,
        metrics: createMetrics(),
        http,
        seal: harness.seal,
        retentionDays: 14,
        windowMs: 3_600_000,
        requestMs: 1_000,
      });
      await until(
        () => harness.sql`
          select from pg_stat_activity
          where datname = current_database() and application_name = 'currents-segments' and wait_event_type = 'Lock'`,
        ({ count }) => count === 1,
      );
      await harness.push([add(users(2), { cohort: quick })]);
      await harness.apply();
      await until(
        () => harness.members(quickOne.id),
        (members) => members.length === 2,
      );
      return started;
    });
    await until(
      async () => (await harness.sql`select from segment_candidate`).count,
      (left) => left === 0,
    );
    await Promise.all([sweeps.stop(), work.stop()]);
    expect(await harness.members(slowOne.id)).toEqual(keys(1));
  });
});

describe('the evaluation of all members', () => {
  it('rests after the last one, unless the definition is new', async () => {
    const cohort = named('Replaced');
    await harness.push([add(users(1, 2), { cohort })]);
    await harness.apply();
    const definition = { includes: await harness.cohortId(cohort.id) };
    const { id } = await harness.segment('Replaced ones', definition);
    await harness.settle();
    await harness.sql`update segment set whole_evaluation_after = now() + interval '1 hour' where id = ${Number(id)}`;
    await allMembersAreDue(id);
    expect(await evaluateSegment(harness.session, Number(id), 'candidates')).toEqual({ outcome: 'resting' });
    const [row] = await harness.sql`
      select evaluate_after = whole_evaluation_after as postponed from segment where id = ${Number(id)}`;
    expect(row).toEqual({ postponed: true });
    await updateSegment(harness.admin, id, { definition });
    expect(await evaluateSegment(harness.session, Number(id), 'candidates')).toEqual({ outcome: 'whole' });
    expect(await evaluateSegment(harness.session, Number(id))).toMatchObject({ outcome: 'evaluated', whole: true });
  });
});
