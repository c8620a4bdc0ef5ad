import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyNext } from '../../src/cohorts/applyChanges.js';
import { openSession, type Session, type Transaction } from '../../src/db/session.js';
import { evaluateSegment } from '../../src/segments/evaluate.js';
import { add, keys, page, users } from '../cohorts/cohortHarness.js';
import { until } from '../deliveryHarness.js';
import { openSegmentHarness, type SegmentHarness } from './segmentHarness.js';

let harness: SegmentHarness;
beforeAll(async () => {
  harness = await openSegmentHarness();
});
afterAll(() => harness.close());

/** A session that runs a function once, just before the first statement that contains these words. */
function meddledWith(session: Session, words: string, meddle: () => Promise<void>): Session {
  let meddled = false;
  const watched = (tx: Transaction): Transaction =>
    new Proxy(tx, {
      apply(target, self, given: [TemplateStringsArray, ...unknown[]]): unknown {
        const run = (): unknown => Reflect.apply(target as never, self, given);
        if (meddled || !Array.isArray(given[0]) || !given[0].join('').includes(words)) return run();
        meddled = true;
        return meddle().then(run);
      },
    });
  return {
    transact: (work, view) => session.transact((tx) => work(watched(tx)), view),
    end: (withinSeconds) => session.end(withinSeconds),
  };
}

describe('the evaluation of a segment', () => {
  it.each(['judged as (', 'analyze'])('misses no change of a cohort that is replaced just before %s', async (words) => {
    const cohort = { id: `replaced before ${words}`, name: 'Replaced' };
    await harness.push([add(users(1, 2), { cohort })]);
    await harness.apply();
    const { id } = await harness.segment(`Replaced before ${words}`, { includes: await harness.cohortId(cohort.id) });
    // The first evaluation covers all members, the second only changed ones.
    if (words.startsWith('judged')) await harness.settle();
    await harness.push([add(users(3), { cohort })]);
    await harness.apply();
    const session = meddledWith(harness.session, words, async () => {
      await harness.push([page('s', 1, 1, users(1, 4), cohort)]);
      await harness.apply();
    });
    expect(await evaluateSegment(session, Number(id))).toMatchObject({ outcome: 'evaluated' });
    await harness.settle();
    expect(await harness.members(id)).toEqual(keys(1, 4));
  });

  it('waits for changes that are being applied when the segment is created', async () => {
    const cohort = { id: 'in between', name: 'In between' };
    await harness.push([add(users(1), { cohort })]);
    await harness.apply();
    const cohortId = await harness.cohortId(cohort.id);
    await harness.push([add(users(2), { cohort })]);
    // The application is about to commit, and does not know the segment.
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const holder = harness.sql.begin(async (tx) => {
      await tx`select from cohort where id = ${Number(cohortId)} for no key update`;
      await held;
    });
    const applier = openSession(harness.url, { name: 'applier', statementMs: 30_000 });
    const applied = applyNext(applier, Number(cohortId));
    await until(
      () =>
        harness.sql`select from pg_stat_activity where datname = current_database() and application_name = 'currents-applier' and wait_event_type = 'Lock'`,
      (rows) => rows.count === 1,
    );
    const { id } = await harness.segment('In between', { includes: cohortId });
    expect(await evaluateSegment(harness.session, Number(id))).toEqual({ outcome: 'busy' });
    letGo();
    await holder;
    expect(await applied).toMatchObject({ outcome: 'applied', kind: 'add', given: 1, moved: { added: 1, removed: 0 } });
    await applier.end(1);
    await harness.settle();
    expect(await harness.members(id)).toEqual(keys(1, 2));
  });

  it('runs in only one of two workers that start it together', async () => {
    const cohort = { id: 'contended', name: 'Contended' };
    await harness.push([add(users(1), { cohort })]);
    await harness.apply();
    const { id } = await harness.segment('Contended', { includes: await harness.cohortId(cohort.id) });
    const other = openSession(harness.url, { name: 'other', statementMs: 30_000 });
    let second = '';
    const session = meddledWith(harness.session, 'insert into', async () => {
      second = (await evaluateSegment(other, Number(id))).outcome;
    });
    expect([(await evaluateSegment(session, Number(id))).outcome, second]).toEqual(['evaluated', 'busy']);
    await other.end(1);
  });
});
