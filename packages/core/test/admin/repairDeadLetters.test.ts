import {
  countDeadLetters,
  discardProblem,
  findDeadLetters,
  getCurrent,
  groupDeadLetters,
  listDeadLetters,
  verdictOf,
  type DeadLetterFilter,
} from '@currents/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { describeDeadLetters } from '../../src/ledger/describeDeadLetters.js';
import { readDeadLetters } from '../../src/status/deadLetterStatus.js';
import { event, openCoreHarness, type CoreHarness, type Fate } from './coreHarness.js';
import { runOperation } from './runOperation.js';

let harness: CoreHarness;
let current: string;
beforeEach(async () => {
  await (harness as CoreHarness | undefined)?.close();
  harness = await openCoreHarness();
  current = await harness.launch('Carrier');
});
afterAll(() => harness.close());

const open = 'users.messages.email.Open';
const click = 'users.messages.email.Click';
const rejected: Fate = { outcome: 'rejected', code: 'invalid' };
const expired: Fate = { outcome: 'expired', code: 'throttled' };

/** Takes one event for each type, and lets each end as `fate` says. */
async function bury(types: readonly string[], fate: (position: number) => Fate = () => expired): Promise<void> {
  await harness.take(types.map((type) => event('x', { event_type: type })));
  await harness.attempt(current, fate);
}
const describeAll = async (): Promise<void> => {
  while ((await describeDeadLetters(harness.sql)) > 0);
};
const list = async (filter: DeadLetterFilter = {}, first = 100) =>
  (await listDeadLetters(harness.admin, { first }, filter)).nodes;
const replay = (filter: object, isDryRun = false) =>
  runOperation(harness.admin, 'replay_dead_letters', { currentId: current, filter, isDryRun });
const discard = (filter: object, isDryRun = false) =>
  runOperation(harness.admin, 'discard_dead_letters', {
    currentId: current,
    filter,
    isDryRun,
    reason: 'a test of ours',
    adminTokenId: '7',
  });
const restore = (filter: object, isDryRun = false) =>
  runOperation(harness.admin, 'restore_dead_letters', { currentId: current, filter, isDryRun });
const balance = async (): Promise<void> => {
  expect(await runOperation(harness.admin, 'check_ledger', { currentId: current })).toMatchObject({ differences: [] });
};

describe('dead letters of several event types', () => {
  it('keep their ids and places while their types are read, are filtered by type, and still balance', async () => {
    await bury([open, click, open, click, open]);
    await bury([click]);
    const before = await list();
    expect(before.map(({ eventType }) => eventType)).toEqual([click, open, click, open, click, open]);
    await describeAll();
    expect(await describeDeadLetters(harness.sql)).toBe(0);
    const after = await list();
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(after[0]).toEqual(before[0]);
    const ids = before.map(({ id }) => id);
    expect((await findDeadLetters(harness.admin, ids)).map((letter) => letter?.id)).toEqual(ids);
    expect(await list({ eventType: click })).toHaveLength(3);
    expect((await listDeadLetters(harness.admin, { first: 1 }, { eventType: open })).nodes).toMatchObject([
      { eventType: open },
    ]);
    expect(await list({ eventType: 'nonsense' })).toEqual([]);
    // Every page boundary, also between the parts of a split row.
    for (const first of [1, 2, 4]) {
      const seen: string[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const page = await listDeadLetters(harness.admin, { first, after: cursor }, {});
        seen.push(...page.nodes.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(after.map(({ id }) => id));
    }
    await balance();
  });

  it('whose batch cannot be read have no type, and are not read again', async () => {
    await bury([open, click]);
    await harness.sql`update batch set content = ''`;
    await describeAll();
    expect(await list()).toMatchObject([{ eventType: undefined, event: undefined }, { eventType: undefined }]);
    expect(await groupDeadLetters(harness.admin, { currentId: current })).toMatchObject([
      { eventType: undefined, eventCount: 2 },
    ]);
  });

  it('are grouped by outcome, code and type, with counts, times, an example and a verdict', async () => {
    await bury([open, click, open, open], (position) => (position === 3 ? rejected : expired));
    await describeAll();
    await replay({ code: 'throttled', eventType: click });
    await discard({ outcome: 'rejected' });
    const groups = await groupDeadLetters(harness.admin, { currentId: current });
    const counted = {
      eventCount: 1,
      replayedCount: 0,
      discardedCount: 0,
      firstAt: expect.any(Date),
      lastAt: expect.any(Date),
    };
    expect(groups).toEqual([
      {
        ...counted,
        outcome: 'expired',
        code: 'throttled',
        eventType: open,
        eventCount: 2,
        verdict: 'retryable',
        example: expect.objectContaining({ code: 'throttled', eventType: open }),
      },
      {
        ...counted,
        outcome: 'expired',
        code: 'throttled',
        eventType: click,
        replayedCount: 1,
        verdict: 'retryable',
        example: expect.objectContaining({ eventType: click }),
      },
      {
        ...counted,
        outcome: 'rejected',
        code: 'invalid',
        eventType: open,
        discardedCount: 1,
        verdict: 'uncertain',
        example: expect.objectContaining({ outcome: 'rejected' }),
      },
    ]);
    expect(await groupDeadLetters(harness.admin, { currentId: current, isReplayed: true })).toHaveLength(1);
    expect(await groupDeadLetters(harness.admin, { currentId: '4711' })).toEqual([]);
  });
});

describe('a replay', () => {
  it('of a group reads the types that were not read yet, and sends exactly this group', async () => {
    await bury([open, click, open]);
    await bury([click]);
    expect(await replay({ eventType: click }, true)).toMatchObject({ eventCount: 2, deliveryCount: 0 });
    expect(await replay({ eventType: click })).toMatchObject({ eventCount: 2, deliveryCount: 2 });
    expect((await list({ isReplayed: true })).map(({ eventType }) => eventType)).toEqual([click, click]);
    expect(await replay({ eventType: click })).toMatchObject({ eventCount: 0 });
    await balance();
  });

  it('by ids sends exactly the named ones, each once, also when several are asked for at once', async () => {
    await bury([open, open, open, open]);
    await bury([click]);
    const letters = await list();
    const ids = [letters[0]?.id, letters[2]?.id, letters[3]?.id, 'nonsense', '20200101-1-1'] as string[];
    expect(await list({ ids })).toHaveLength(3);
    expect(await replay({ ids }, true)).toMatchObject({ eventCount: 3 });
    const answers = await Promise.all([1, 2, 3].map(() => replay({ ids })));
    expect(answers.reduce((sum, { eventCount }) => sum + Number(eventCount), 0)).toBe(3);
    const replayed = await list({ isReplayed: true });
    expect(replayed.map(({ id }) => id).sort()).toEqual(ids.slice(0, 3).sort());
    // Ids and order stay, although a row was split.
    expect((await list()).map(({ id }) => id).sort()).toEqual(letters.map(({ id }) => id).sort());
    expect(await getCurrent(harness.admin, current)).toMatchObject({ counts: { selected: 8, pending: 3 } });
    const sent = await harness.sql`select outcomes from delivery where replay order by batch_id`;
    expect(sent.map(({ outcomes }) => [...(outcomes as Buffer)])).toEqual([[0, 1, 1, 0], [1]]);
    await balance();
    expect(await replay({})).toMatchObject({ eventCount: 2 });
    await balance();
  });

  it('plans how many events would be sent in vain', async () => {
    await bury([open, open, open], (position) =>
      position === 0 ? rejected : position === 1 ? { outcome: 'rejected', code: 'event_too_large' } : expired,
    );
    expect(await replay({}, true)).toEqual({ eventCount: 3, deliveryCount: 0, permanentCount: 1 });
    expect(await replay({ code: 'event_too_large' }, true)).toMatchObject({ eventCount: 1, permanentCount: 1 });
  });

  it.each([
    [{ outcome: 'rejected', code: 'event_too_large' }, 'permanent'],
    [{ outcome: 'rejected', code: 'no_user' }, 'permanent'],
    [{ outcome: 'rejected', code: 'rejected_by_partner' }, 'uncertain'],
    [{ outcome: 'rejected', code: 'batch_unreadable' }, 'retryable'],
    [{ outcome: 'rejected', code: 'map_threw' }, 'retryable'],
    [{ outcome: 'expired', code: 'no_user' }, 'retryable'],
  ] as const)('of %o is %s', (letter, verdict) => {
    expect(verdictOf({ reasons: { no_user: 'It has no user.' } }, letter)).toBe(verdict);
  });
});

describe('discarded dead letters', () => {
  it('say by whom and why, are counted on, are asked about no longer, and are not replayed by default', async () => {
    await bury([open, click, open]);
    expect(await readDeadLetters(harness.sql)).toMatchObject([{ count: 3 }]);
    expect(await discard({ eventType: open }, true)).toEqual({ eventCount: 2 });
    expect(await list({ isDiscarded: true })).toEqual([]);
    expect(await discard({ eventType: open })).toEqual({ eventCount: 2 });
    expect(await discard({ eventType: open })).toEqual({ eventCount: 0 });
    expect(await list({ isDiscarded: true })).toMatchObject([
      { eventType: open, discardReason: 'a test of ours', discardedBy: '7', discardedAt: expect.any(Date) },
      { eventType: open },
    ]);
    expect(await countDeadLetters(harness.admin)).toMatchObject([{ eventCount: 3, discardedCount: 2 }]);
    expect(await readDeadLetters(harness.sql)).toMatchObject([{ count: 1, oldestAt: expect.any(Date) }]);
    expect(await replay({})).toMatchObject({ eventCount: 1 });
    expect(await readDeadLetters(harness.sql)).toEqual([]);
    await balance();
  });

  it('are replayed on demand, or restored, each once', async () => {
    await bury([open, click, open]);
    const ids = (await list({})).map(({ id }) => id);
    await discard({});
    expect(await replay({ ids: [ids[0]], isDiscarded: true })).toMatchObject({ eventCount: 1 });
    expect(await restore({ ids: [ids[1]] }, true)).toEqual({ eventCount: 1 });
    expect(await restore({ ids: [ids[0], ids[1]] })).toEqual({ eventCount: 1 });
    expect(await list({ isDiscarded: false })).toMatchObject([
      { id: ids[1], discardReason: undefined, discardedBy: undefined },
    ]);
    expect(await countDeadLetters(harness.admin)).toMatchObject([
      { eventCount: 3, replayedCount: 1, discardedCount: 1 },
    ]);
    expect(await restore({})).toEqual({ eventCount: 1 });
    expect(await replay({})).toMatchObject({ eventCount: 2 });
    expect(await readDeadLetters(harness.sql)).toEqual([]);
    await balance();
  });

  it('need the name of their Current repeated', async () => {
    expect(await discardProblem(harness.admin, '4711', { confirmName: 'Carrier' })).toMatchObject({
      kind: 'CurrentNotFound',
    });
    expect(await discardProblem(harness.admin, current, { confirmName: 'other' })).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await discardProblem(harness.admin, current, { confirmName: undefined })).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await discardProblem(harness.admin, current, { confirmName: 'Carrier' })).toBeUndefined();
    expect(await discardProblem(harness.admin, current, 'dry run')).toBeUndefined();
  });
});
