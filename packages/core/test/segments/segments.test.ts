import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  updateSegment,
  createSegment,
  deleteCohort,
  deleteSegment,
  getMembership,
  getSegment,
  listMembers,
  listSegmentChanges,
  previewSegment,
  storePush,
} from '@currents/core';
import { memberKey } from '../../src/cohorts/memberKey.js';
import { matches, readDefinition, type Definition } from '../../src/segments/definition.js';
import { add, createDice, keys, page, remove, user, users } from '../cohorts/cohortHarness.js';
import { until } from '../deliveryHarness.js';
import { openSegmentHarness, type SegmentHarness } from './segmentHarness.js';

let harness: SegmentHarness;
beforeAll(async () => {
  harness = await openSegmentHarness();
});
afterAll(() => harness.close());

const named = (id: string) => ({ id, name: id });
const waitingStatements = async () =>
  (
    await harness.sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  ).length;

describe('a definition', () => {
  it.each<[string, unknown, string]>([
    ['nothing', {}, 'definition: expected an object with exactly one of all, any, not, includes, excludes; got none'],
    [
      'two at once',
      { includes: '1', excludes: '2' },
      'definition: expected an object with exactly one of all, any, not, includes, excludes; got "includes", "excludes"',
    ],
    ['a list', [], 'definition: expected an object with exactly one of all, any, not, includes, excludes; got none'],
    ['an empty list', { all: [] }, 'definition.all: expected a list with at least one part'],
    [
      'an empty part',
      { any: [{ includes: '1' }, { all: [] }] },
      'definition.any.1.all: expected a list with at least one part',
    ],
    ['no id', { includes: 'Buyers' }, 'definition.includes: expected the id of a cohort'],
    [
      'a prototype',
      JSON.parse('{"__proto__": {"includes": "1"}}'),
      'definition: expected an object with exactly one of all, any, not, includes, excludes; got "__proto__"',
    ],
    [
      'eleven levels',
      Array.from({ length: 11 }).reduce<unknown>((inside) => ({ not: inside }), { includes: '1' }),
      `definition${'.not'.repeat(10)}: expected at most 10 levels`,
    ],
    [
      'everyone else',
      { excludes: '1' },
      'definition: expected at least one cohort that members have to be in; this also holds for users in no cohort',
    ],
    [
      'everyone else, nested',
      { any: [{ includes: '1' }, { not: { all: [{ includes: '1' }, { includes: '2' }] } }] },
      'definition: expected at least one cohort that members have to be in; this also holds for users in no cohort',
    ],
  ])('of %s is refused with the path and the reason', (_name, given, message) => {
    const read = readDefinition(given);
    expect(
      'problems' in read && read.problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`)[0],
    ).toBe(message);
  });

  it('of an unknown cohort is refused', async () => {
    expect(await createSegment(harness.admin, { name: 'Unknown', definition: { includes: '4242' } })).toMatchObject({
      kind: 'InputInvalid',
      problems: [{ path: ['definition', 'includes'], code: 'unknown_value' }],
    });
  });
});

describe('the members of a segment', () => {
  /** A random valid definition over the given cohorts. */
  function draw(roll: () => number, cohortIds: readonly string[]): Definition {
    const part = (depth: number): Definition => {
      const cohortId = cohortIds[Math.floor(roll() * cohortIds.length)] as string;
      const form = Math.floor(roll() * (depth > 3 ? 2 : 5));
      if (form === 0) return { includes: cohortId };
      if (form === 1) return { excludes: cohortId };
      if (form === 2) return { not: part(depth + 1) };
      const parts = Array.from({ length: 1 + Math.floor(roll() * 3) }, () => part(depth + 1));
      return form === 3 ? { all: parts } : { any: parts };
    };
    for (;;) {
      const definition = part(0);
      if (!matches(definition, () => false)) return definition;
    }
  }

  it('are those that match the definition after any changes of the cohorts, and equal the replayed changes of the segment', async () => {
    const roll = createDice(11);
    const below = (limit: number): number => Math.floor(roll() * limit);
    const held = new Map<string, Set<string>>();
    for (const name of ['A', 'B', 'C', 'D']) {
      await harness.push([{ kind: 'declare', cohort: named(name) }]);
      held.set(await harness.cohortId(name), new Set());
    }
    const names = new Map(
      await Promise.all(['A', 'B', 'C', 'D'].map(async (name) => [await harness.cohortId(name), name] as const)),
    );
    const ids = [...held.keys()];
    const segments: { id: string; definition: Definition; followed: Set<string>; cursor: string }[] = [];
    for (let index = 0; index < 12; index++) {
      const definition = draw(roll, ids);
      const { id } = await harness.segment(`Random ${index}`, definition);
      segments.push({ id, definition, followed: new Set(), cursor: '0' });
    }
    await harness.settle();

    for (let round = 0; round < 25; round++) {
      for (let changes = below(4); changes >= 0; changes--) {
        const cohortId = ids[below(ids.length)] as string;
        const cohort = named(names.get(cohortId) as string);
        const some = Array.from({ length: below(15) }, () => user(below(40)));
        const now = held.get(cohortId) as Set<string>;
        const kind = below(5);
        if (kind === 0) {
          held.set(cohortId, new Set(some.map(memberKey)));
          await harness.push([page(`s-${round}-${changes}`, 1, 1, some, cohort)]);
        } else if (kind < 3) {
          some.forEach((member) => now.add(memberKey(member)));
          await harness.push([add(some, { cohort })]);
        } else {
          some.forEach((member) => now.delete(memberKey(member)));
          await harness.push([remove(some, { cohort })]);
        }
      }
      if (round === 12) {
        const changed = segments[0];
        if (changed) {
          changed.definition = draw(roll, ids);
          expect(await updateSegment(harness.admin, changed.id, { definition: changed.definition })).toMatchObject({
            kind: 'Segment',
            isEvaluationDue: true,
          });
        }
      }
      await harness.settle();
      const all = [...new Set([...held.values()].flatMap((set) => [...set]))].sort();
      for (const segment of segments) {
        const expected = all.filter((key) =>
          matches(segment.definition, (cohortId) => held.get(cohortId)?.has(key) ?? false),
        );
        expect(await harness.members(segment.id)).toEqual(expected);
        const changes = await listSegmentChanges(harness.admin, segment.id, { first: 200, after: segment.cursor });
        if (changes.kind !== 'SegmentChangeConnection') throw new Error(changes.message);
        expect(changes.nextCursor).toBeUndefined();
        for (const { type, member } of changes.nodes) {
          const entered = type === 'entered';
          // An entry of a member, or an exit of a non-member, would be a duplicate.
          expect(segment.followed.has(memberKey(member))).toBe(!entered);
          if (entered) segment.followed.add(memberKey(member));
          else segment.followed.delete(memberKey(member));
        }
        segment.cursor = changes.resumeCursor;
        expect([...segment.followed].sort()).toEqual(expected);
      }
    }
    const preview = await previewSegment(harness.admin, segments[3]?.definition);
    const kept = await harness.members(segments[3]?.id ?? '');
    expect(preview).toMatchObject({ kind: 'SegmentPreview', memberCount: kept.length });
    expect(preview.kind === 'SegmentPreview' && preview.examples.map(memberKey)).toEqual(kept.slice(0, 20));
  });

  it('are not counted in advance when that takes longer than a preview may', async () => {
    await harness.push([add(users(1), { cohort: named('Locked') })]);
    await harness.apply();
    const id = await harness.cohortId('Locked');
    const [row] = await harness.sql<{ set_id: string }[]>`select set_id from cohort where id = ${Number(id)}`;
    await harness.sql.begin(async (tx) => {
      await tx`lock table ${tx(`member_set_${row?.set_id}`)} in access exclusive mode`;
      await expect(previewSegment(harness.admin, { includes: id }, 300)).rejects.toMatchObject({
        name: 'QuestionRefused',
        message:
          'expected a definition whose members are counted within 0.3 s, got one that takes longer; create the segment, and its members are counted in the background',
      });
    });
    expect(await previewSegment(harness.admin, { includes: id }, 30_000)).toMatchObject({ memberCount: 1 });
  });

  it('are the same by joins of whole cohorts as by checks of single members', async () => {
    const roll = createDice(77);
    const held = new Map<string, Set<string>>();
    for (const name of ['P', 'Q', 'R']) {
      const some = Array.from({ length: 30 }, () => user(Math.floor(roll() * 50)));
      await harness.push([add(some, { cohort: named(name) })]);
      await harness.apply();
      held.set(await harness.cohortId(name), new Set(some.map(memberKey)));
    }
    await harness.push([{ kind: 'declare', cohort: named('Empty') }]);
    held.set(await harness.cohortId('Empty'), new Set());
    const all = [...new Set([...held.values()].flatMap((set) => [...set]))].sort();
    for (let index = 0; index < 60; index++) {
      const definition = draw(roll, [...held.keys()]);
      const expected = all.filter((key) => matches(definition, (cohortId) => held.get(cohortId)?.has(key) ?? false));
      const preview = await previewSegment(harness.admin, definition);
      if (preview.kind !== 'SegmentPreview') throw new Error(preview.message);
      expect([definition, preview.memberCount, preview.examples.map(memberKey)]).toEqual([
        definition,
        expected.length,
        expected.slice(0, 20),
      ]);
    }
  });

  it('are correct when evaluations and changes run concurrently', async () => {
    const cohort = named('Busy');
    await harness.push([add(users(...Array.from({ length: 50 }, (_, index) => index)), { cohort })]);
    await harness.apply();
    const { id } = await harness.segment('Busy ones', { includes: await harness.cohortId('Busy') });
    let over = false;
    const settling = (async () => {
      while (!over) await harness.settle();
    })();
    for (let round = 0; round < 30; round++) {
      await harness.push([
        round % 5 === 0
          ? page(`s${round}`, 1, 1, users(round, round + 1), cohort)
          : add(users(100 + round), { cohort }),
      ]);
      await harness.push([remove(users(round), { cohort })]);
    }
    over = true;
    await settling;
    await harness.settle();
    expect(await harness.members(id)).toEqual(await harness.membersOf('Busy'));
  });

  it('can be looked up one by one, with their cohorts', async () => {
    await harness.push([
      add(users('ann', 'bob'), { cohort: named('Left') }),
      add(users('bob', 'cy'), { cohort: named('Right') }),
    ]);
    await harness.apply();
    const [left, right] = [await harness.cohortId('Left'), await harness.cohortId('Right')];
    const made = await harness.segment('Only left', { all: [{ includes: left }, { excludes: right }] });
    const { id } = made;
    expect(made).toMatchObject({ memberCount: undefined, memberCounts: undefined, evaluatedAt: undefined });
    expect(await getMembership(harness.admin, id, user('ann'))).toMatchObject({ kind: 'SegmentNotEvaluated' });
    expect(await listMembers(harness.admin, id, { first: 10, after: undefined })).toMatchObject({
      kind: 'SegmentNotEvaluated',
    });
    await harness.settle();
    expect(await getSegment(harness.admin, id)).toMatchObject({ memberCount: 1 });
    expect(await getMembership(harness.admin, id, user('ann'))).toMatchObject({ isMember: true, cohortIds: [left] });
    expect(await getMembership(harness.admin, id, user('bob'))).toMatchObject({
      isMember: false,
      cohortIds: [left, right],
    });
    expect(await getMembership(harness.admin, id, { deviceId: 'ann' })).toMatchObject({
      isMember: false,
      cohortIds: [],
    });
    expect(await getMembership(harness.admin, '999999', user('ann'))).toMatchObject({ kind: 'SegmentNotFound' });
  });
});

describe('the changes of a segment', () => {
  it('can be read from a time or a cursor, while they are kept', async () => {
    const cohort = named('Followed');
    await harness.push([add(users(1, 2), { cohort })]);
    await harness.apply();
    const { id } = await harness.segment('Followers', { includes: await harness.cohortId('Followed') });
    expect(await listSegmentChanges(harness.admin, id, { first: 10, since: new Date() })).toMatchObject({
      kind: 'ChangesExpired',
      changesCompleteSince: undefined,
    });
    await harness.settle();
    const view = await getSegment(harness.admin, id);
    if (view.kind !== 'Segment') throw new Error(view.message);
    // The initial members have no entry.
    expect(await listSegmentChanges(harness.admin, id, { first: 10, after: view.changesCursor })).toMatchObject({
      nodes: [],
      resumeCursor: view.changesCursor,
      nextCursor: undefined,
    });
    await harness.push([add(users(3), { cohort }), remove(users(1), { cohort })]);
    await harness.settle();
    const changes = await listSegmentChanges(harness.admin, id, { first: 10, since: view.changesCompleteSince });
    if (changes.kind !== 'SegmentChangeConnection') throw new Error(changes.message);
    expect(changes.nodes.map(({ type, member }) => [type, memberKey(member)])).toEqual(
      expect.arrayContaining([
        ['entered', 'e3'],
        ['left', 'e1'],
      ]),
    );
    const first = await listSegmentChanges(harness.admin, id, { first: 1, after: view.changesCursor });
    expect(first).toMatchObject({ nextCursor: changes.cursors[0], nodes: [changes.nodes[0]] });
    expect(await listSegmentChanges(harness.admin, id, { first: 10, since: new Date(0) })).toMatchObject({
      kind: 'ChangesExpired',
    });
    await harness.sql`update segment set pruned_change_id = ${changes.resumeCursor} where id = ${Number(id)}`;
    expect(await listSegmentChanges(harness.admin, id, { first: 10, after: view.changesCursor })).toMatchObject({
      kind: 'ChangesExpired',
    });
    expect(await listSegmentChanges(harness.admin, id, { first: 10, after: changes.resumeCursor })).toMatchObject({
      kind: 'SegmentChangeConnection',
      nodes: [],
    });
  });
});

describe('deletion', () => {
  it('is refused for a cohort that a segment uses; the segment is deleted by its name', async () => {
    await harness.push([add(users(1), { cohort: named('Used') })]);
    await harness.apply();
    const cohortId = await harness.cohortId('Used');
    const { id } = await harness.segment('User', { includes: cohortId });
    expect(await deleteCohort(harness.admin, cohortId, { confirmName: 'Used', isDryRun: false })).toMatchObject({
      kind: 'CohortInUse',
      segmentIds: [id],
    });
    expect(await createSegment(harness.admin, { name: 'user', definition: { includes: cohortId } })).toMatchObject({
      kind: 'NameTaken',
      ownerId: id,
    });
    expect(await deleteSegment(harness.admin, id, { confirmName: 'user', isDryRun: false })).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await deleteSegment(harness.admin, id, { confirmName: 'User', isDryRun: false })).toMatchObject({
      kind: 'SegmentDeleted',
    });
    expect(await getSegment(harness.admin, id)).toMatchObject({ kind: 'SegmentNotFound' });
    expect(await deleteCohort(harness.admin, cohortId, { confirmName: 'used', isDryRun: false })).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await deleteCohort(harness.admin, cohortId, { confirmName: 'Used', isDryRun: false })).toMatchObject({
      kind: 'CohortDeleted',
    });
    // Single additions to a deleted cohort would make a part look like the whole.
    expect(await harness.push([add(users(2), { cohort: named('Used') })])).toMatchObject({ outcome: 'unknown_cohort' });
    expect(await harness.push([page('again', 1, 1, users(3), named('Used'))])).toMatchObject({ outcome: 'stored' });
    await harness.apply();
    expect(await harness.cohortId('Used')).toBe(cohortId);
    expect(await harness.membersOf('Used')).toEqual(keys(3));
  });

  it('of a cohort waits for a segment that is being made of it, and is then refused', async () => {
    await harness.push([add(users(1), { cohort: named('Used') })]);
    await harness.apply();
    const cohortId = await harness.cohortId('Used');
    let deleting: ReturnType<typeof deleteCohort> | undefined;
    let creating: ReturnType<typeof createSegment> | undefined;
    // Between the check of its cohorts and the note of which it uses.
    await harness.sql.begin(async (tx) => {
      await tx`lock table segment_cohort in exclusive mode`;
      creating = createSegment(harness.admin, { name: 'User', definition: { includes: cohortId } });
      await until(waitingStatements, (count) => count === 1);
      deleting = deleteCohort(harness.admin, cohortId, { confirmName: 'Used', isDryRun: false });
      await Promise.race([deleting, until(waitingStatements, (count) => count === 2)]);
    });
    expect(await creating).toMatchObject({ kind: 'Segment' });
    expect(await deleting).toMatchObject({ kind: 'CohortInUse' });
    expect(await harness.sql`select from cohort where id = ${Number(cohortId)} and deleted_at is null`).toHaveLength(1);
  });

  it('of a cohort that comes first has a segment of it refused', async () => {
    await harness.push([add(users(1), { cohort: named('Gone') })]);
    await harness.apply();
    const cohortId = await harness.cohortId('Gone');
    let deleting: ReturnType<typeof deleteCohort> | undefined;
    let creating: ReturnType<typeof createSegment> | undefined;
    // Between the end of the cohort and that of its pull.
    await harness.sql.begin(async (tx) => {
      await tx`lock table cohort_pull in exclusive mode`;
      deleting = deleteCohort(harness.admin, cohortId, { confirmName: 'Gone', isDryRun: false });
      await until(waitingStatements, (count) => count === 1);
      creating = createSegment(harness.admin, { name: 'Of none', definition: { includes: cohortId } });
      await Promise.race([creating, until(waitingStatements, (count) => count === 2)]);
    });
    expect(await deleting).toMatchObject({ kind: 'CohortDeleted' });
    expect(await creating).toMatchObject({ kind: 'InputInvalid', problems: [{ path: ['definition', 'includes'] }] });
  });

  it('of a cohort leaves a declaration that comes after it', async () => {
    await harness.push([add(users(1), { cohort: named('Back') })]);
    await harness.apply();
    const cohortId = await harness.cohortId('Back');
    await harness.push([add(users(2), { cohort: named('Back') })]);
    const isDeleted = async () =>
      (await harness.sql`select from cohort where id = ${Number(cohortId)} and deleted_at is not null`).length;
    let deleting: ReturnType<typeof deleteCohort> | undefined;
    await harness.sql.begin(async (tx) => {
      await tx`lock table cohort_change in share row exclusive mode`;
      deleting = deleteCohort(harness.admin, cohortId, { confirmName: 'Back', isDryRun: false });
      await until(isDeleted, (count) => count === 1);
      await until(waitingStatements, (count) => count === 1);
      await storePush(
        { sql: tx as unknown as typeof harness.sql, onStored: () => undefined },
        {
          partner: 'acme',
          keyId: harness.keyId,
          body: '',
          parsed: { changes: [{ kind: 'declare', cohort: named('Back') }], refused: {} },
        },
      );
    });
    expect(await deleting).toMatchObject({ kind: 'CohortDeleted' });
    await harness.apply();
    expect(await isDeleted()).toBe(0);
    expect(await harness.membersOf('Back')).toEqual([]);
  });
});
