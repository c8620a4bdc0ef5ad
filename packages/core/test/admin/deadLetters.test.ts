import {
  updateCurrent,
  countDaily,
  countDeadLetters,
  deleteCurrent,
  getCurrent,
  listDeadLetters,
  replayProblem,
  type DeadLetter,
  type DeadLetterFilter,
  type Admin,
} from '@currents/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { event, openCoreHarness, type CoreHarness, type Fate } from './coreHarness.js';
import { runOperation } from './runOperation.js';

type Filter = Pick<DeadLetterFilter, 'outcome' | 'code' | 'from' | 'to'>;
const planReplay = (admin: Admin, currentId: string, filter: Filter) =>
  runOperation(admin, 'replay_dead_letters', { currentId, filter, isDryRun: true });
const replayDeadLetters = (admin: Admin, currentId: string, filter: Filter) =>
  runOperation(admin, 'replay_dead_letters', { currentId, filter, isDryRun: false });
const checkLedger = (admin: Admin, currentId: string) => runOperation(admin, 'check_ledger', { currentId });

let harness: CoreHarness | undefined;
let current: string;
const use = (): CoreHarness => harness as CoreHarness;

beforeEach(async () => {
  await harness?.close();
  harness = await openCoreHarness();
  current = await harness.launch('Carrier');
});
afterAll(() => harness?.close());

const rejected: Fate = { outcome: 'rejected', code: 'invalid' };
const expired: Fate = { outcome: 'expired', code: 'throttled' };

async function bury(count: number, fate: (position: number) => Fate): Promise<void> {
  await use().take(Array.from({ length: count }, () => event()));
  await use().attempt(current, fate);
}

async function all(
  filter: DeadLetterFilter = {},
  first = 3,
  between: () => Promise<void> = async () => undefined,
): Promise<DeadLetter[]> {
  const seen: DeadLetter[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await listDeadLetters(use().admin, { first, after }, filter);
    seen.push(...page.nodes);
    after = page.nextCursor;
    await between();
  }
  return seen;
}

describe('dead letters', () => {
  it('are listed one per event, with the event, the reason and the number of attempts', async () => {
    const events = ['one', 'two', 'three'].map((word) => event(word));
    await use().take(events);
    await use().attempt(current, (position) => (position === 1 ? 'delivered' : rejected));
    const letters = await all({ currentId: current });
    expect(letters).toMatchObject([
      {
        currentId: current,
        event: { id: events[0]?.['id'], event_type: 'users.messages.email.Open' },
        outcome: 'rejected',
        code: 'invalid',
        detail: 'it was rejected in a test',
        attemptCount: 1,
      },
      { event: events[2] },
    ]);
  });

  it('appear once each over all pages, while more are added', async () => {
    for (let batch = 0; batch < 4; batch++) await bury(5, (position) => (position % 2 === 0 ? rejected : expired));
    const before = (await all({}, 200)).map(({ id }) => id);
    expect(new Set(before).size).toBe(20);
    for (const first of [1, 2, 3, 7, 19, 20, 21]) {
      const ids = (await all({}, first, () => (first < 4 ? bury(1, () => rejected) : Promise.resolve()))).map(
        ({ id }) => id,
      );
      expect(ids.slice(-20)).toEqual(before);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('are filtered and counted by Current, outcome, code and time', async () => {
    await bury(5, (position) => (position < 3 ? rejected : expired));
    const other = await use().launch('Other');
    await use().take([event()]);
    await use().attempt(other, () => ({ outcome: 'rejected', code: 'too_old' }));
    await use().attempt(current, () => 'delivered');
    expect(await countDeadLetters(use().admin)).toEqual([
      { outcome: 'rejected', code: 'invalid', eventCount: 3, replayedCount: 0, discardedCount: 0 },
      { outcome: 'expired', code: 'throttled', eventCount: 2, replayedCount: 0, discardedCount: 0 },
      { outcome: 'rejected', code: 'too_old', eventCount: 1, replayedCount: 0, discardedCount: 0 },
    ]);
    const now = new Date(Date.now() + 1000);
    const cases: [DeadLetterFilter, number][] = [
      [{ currentId: current }, 5],
      [{ currentId: other }, 1],
      [{ currentId: 'nobody' }, 0],
      [{ outcome: 'expired' }, 2],
      [{ code: 'invalid' }, 3],
      [{ code: 'in\0valid' }, 0],
      [{ from: now }, 0],
      [{ to: now }, 6],
      [{ from: new Date(-1e15), to: new Date(8e15) }, 6],
      [{ isReplayed: true }, 0],
      [{ isReplayed: false, outcome: 'rejected', currentId: current }, 3],
    ];
    for (const [filter, count] of cases) {
      expect(await all(filter, 200), JSON.stringify(filter)).toHaveLength(count);
      expect((await countDeadLetters(use().admin, filter)).reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(
        count,
      );
    }
  });
});

describe('a replay', () => {
  it('delivers exactly the chosen events once, and adds them to the count of selected events', async () => {
    await bury(6, (position) => (position < 2 ? rejected : position < 5 ? expired : 'delivered'));
    await bury(2, () => expired);
    expect(await planReplay(use().admin, current, { code: 'throttled' })).toEqual({
      eventCount: 5,
      deliveryCount: 0,
      permanentCount: 0,
    });
    expect(await planReplay(use().admin, current, {})).toEqual({
      eventCount: 7,
      deliveryCount: 0,
      permanentCount: 0,
    });
    use().woken.length = 0;
    expect(await replayDeadLetters(use().admin, current, { code: 'throttled' })).toEqual({
      eventCount: 5,
      deliveryCount: 2,
      permanentCount: 0,
    });
    expect(use().woken).toContain(Number(current));
    expect(await replayDeadLetters(use().admin, current, { code: 'throttled' })).toEqual({
      eventCount: 0,
      deliveryCount: 0,
      permanentCount: 0,
    });
    expect(await planReplay(use().admin, current, {})).toEqual({
      eventCount: 2,
      deliveryCount: 0,
      permanentCount: 0,
    });
    expect(await getCurrent(use().admin, current)).toMatchObject({
      counts: { selected: 13, delivered: 1, rejected: 2, expired: 5, pending: 5 },
    });
    const deliveries = await use().sql<
      { outcomes: Buffer; pending: number }[]
    >`select outcomes, pending from delivery where replay order by batch_id`;
    expect(deliveries.map(({ outcomes }) => [...outcomes])).toEqual([
      [0, 0, 1, 1, 1, 0],
      [1, 1],
    ]);
    expect(await checkLedger(use().admin, current)).toMatchObject({ deliveryCount: 4, differences: [] });
    await use().attempt(current, () => 'delivered');
    expect(await getCurrent(use().admin, current)).toMatchObject({
      counts: { selected: 13, delivered: 6, pending: 0 },
    });
    expect(await checkLedger(use().admin, current)).toMatchObject({ differences: [] });
  });

  it('started by several admins at once delivers each event once', async () => {
    for (let batch = 0; batch < 10; batch++) await bury(3, () => expired);
    const answers = await Promise.all(Array.from({ length: 4 }, () => replayDeadLetters(use().admin, current, {})));
    expect(answers.reduce((sum, answer) => sum + (answer.eventCount as number), 0)).toBe(30);
    expect(await getCurrent(use().admin, current)).toMatchObject({ counts: { selected: 60, pending: 30 } });
    expect(await checkLedger(use().admin, current)).toMatchObject({ differences: [] });
  });

  it('whose events fail again creates new dead letters, which can be replayed', async () => {
    await bury(2, () => rejected);
    await replayDeadLetters(use().admin, current, {});
    await use().attempt(current, () => expired);
    expect((await all()).map(({ outcome, replayedAt }) => [outcome, replayedAt instanceof Date])).toEqual([
      ['expired', false],
      ['expired', false],
      ['rejected', true],
      ['rejected', true],
    ]);
    expect(await replayDeadLetters(use().admin, current, {})).toMatchObject({ eventCount: 2, deliveryCount: 1 });
    expect(await checkLedger(use().admin, current)).toMatchObject({ differences: [] });
  });

  it('joins dead letters of one batch into one delivery, even of different times', async () => {
    await use().take([event(), event(), event()]);
    await use().attempt(current, (position) => (position === 2 ? rejected : 'pending'));
    await use().attempt(current, (position) => (position === 0 ? expired : 'delivered'));
    expect(await replayDeadLetters(use().admin, current, {})).toMatchObject({ eventCount: 2, deliveryCount: 1 });
    const [replayed] = await use().sql<
      { outcomes: Buffer; pending: number }[]
    >`select outcomes, pending from delivery where replay`;
    expect([replayed?.pending, [...(replayed?.outcomes ?? [])]]).toEqual([2, [1, 0, 1]]);
  });

  it('continues until all batches are replayed when one step is not enough', async () => {
    for (let batch = 0; batch < 5; batch++) await use().take([event()]);
    await use().sql`
      insert into batch (stored_on, events, content) select stored_on, events, content from batch, generate_series(1, 100)`;
    await use().sql`
      insert into dead_letter (stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, positions)
      select stored_on, ${Number(current)}, id, 0, 'expired', 'throttled', 'late', 1, '{0}' from batch`;
    expect(await replayDeadLetters(use().admin, current, {})).toEqual({
      eventCount: 505,
      deliveryCount: 505,
      permanentCount: 0,
    });
  });

  it('is refused for a Current that could not deliver it', async () => {
    expect(await replayProblem(use().admin, '4711')).toMatchObject({ kind: 'CurrentNotFound' });
    expect(await replayProblem(use().admin, 'x')).toMatchObject({ kind: 'CurrentNotFound' });
    await bury(1, () => expired);
    expect(await replayProblem(use().admin, current)).toBeUndefined();
    await deleteCurrent(use().admin, current, 'Carrier');
    expect(await replayProblem(use().admin, current)).toMatchObject({ kind: 'CurrentWrongState', state: 'deleted' });
  });
});

describe('the ledger check', () => {
  beforeEach(async () => {
    const fates: Fate[] = ['delivered', { skip: 'no_user' }, rejected, expired, 'pending'];
    await use().take(Array.from({ length: 5 }, () => event()));
    await updateCurrent(use().admin, current, {
      selection: { eventTypes: ['users.messages.email.Click'], channels: [], groups: [] },
    });
    await use().take([event('x', { event_type: 'users.messages.email.Click' }), event()]);
    await use().attempt(current, (position) => fates[position] ?? 'pending');
  });

  it('finds no difference when the events match the counts', async () => {
    expect(await checkLedger(use().admin, current)).toEqual({
      deliveryCount: 2,
      eventCount: 7,
      differences: [],
      hasMoreDifferences: false,
    });
  });

  it.each([
    [
      'an outcome was overwritten',
      `update delivery set outcomes = set_byte(outcomes, 0, 4) where events = 5`,
      /expired/,
    ],
    ['a pending count is wrong', `update delivery set pending = pending + 1 where events = 5`, /pending/],
    ['a byte means nothing', `update delivery set outcomes = set_byte(outcomes, 0, 9) where events = 5`, /byte 9/],
    ['a skip has no reason', `update delivery set skip_reasons = null where events = 5`, /byte 16/],
    [
      'outcomes are missing',
      `update delivery set outcomes = substring(outcomes for 4) where events = 5`,
      /outcomes for 4/,
    ],
    ['a delivery is missing', `delete from delivery where events = 5`, /selected/],
    ['the tally counted twice', `update tally set events = events + 1 where outcome = 'delivered'`, /delivered/],
    ['the tally has another reason', `update tally set code = 'other' where outcome = 'skipped'`, /skipped as/],
    ['a dead letter is missing', `delete from dead_letter where outcome = 'rejected'`, /rejected, and 0 have/],
    [
      'a dead letter is duplicated',
      `update dead_letter set positions = positions || 1 where outcome = 'expired'`,
      /expired, and 2 have/,
    ],
  ])('reports when %s', async (_what, fault, message) => {
    await use().sql.unsafe(fault);
    const checked = await checkLedger(use().admin, current);
    expect(checked.differences.map((difference: { message: string }) => difference.message).join('\n')).toMatch(
      message,
    );
  });

  it('only checks that no event is pending for a day whose rows are deleted', async () => {
    await use()
      .sql`insert into tally (current_id, day, shard, outcome, events) values (${Number(current)}, '2020-02-02', 1, 'selected', 5), (${Number(current)}, '2020-02-02', 1, 'delivered', 5)`;
    expect(await checkLedger(use().admin, current)).toMatchObject({ differences: [] });
    await use().sql`update tally set events = 4 where day = '2020-02-02' and outcome = 'delivered'`;
    expect(await checkLedger(use().admin, current)).toMatchObject({
      differences: [{ day: '2020-02-02', message: expect.stringContaining('1 of its events') }],
    });
    expect(await countDaily(use().admin, Number(current), { from: '2020-01-01', to: '2020-12-31' })).toMatchObject([
      { day: '2020-02-02', selected: 5, delivered: 4, pending: 1 },
    ]);
    expect(await countDaily(use().admin, Number(current))).toMatchObject([{ selected: 6 }]);
    expect(await countDaily(use().admin, Number(current), { from: '2020-02-03', to: '2020-03-01' })).toEqual([]);
    await expect(countDaily(use().admin, Number(current), { from: '2020-02-02' })).rejects.toThrow('366 days before');
    await expect(countDaily(use().admin, Number(current), { from: '2020-02-30' })).rejects.toThrow(
      'from: expected a day',
    );
  });
});
