import { randomBytes } from 'node:crypto';
import {
  countDeadLetters,
  groupDeadLetters,
  listDeadLetters,
  narrowDeadLetters,
  type DeadLetterSearch,
} from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeDeadLetters } from '../../src/ledger/describeDeadLetters.js';
import { mergeFingerprints } from '../../src/eventIndex/mergeFingerprints.js';
import { event, openCoreHarness, type CoreHarness, type Fate } from './coreHarness.js';
import { runOperation } from './runOperation.js';

let harness: CoreHarness;
let current: string;
let tokens: readonly [string, string];

const click = 'users.messages.email.Click';
const expired: Fate = { outcome: 'expired', code: 'throttled' };
const made = (id: string, user: object, more: object = {}) => event('x', { id, user, ...more });

beforeAll(async () => {
  harness = await openCoreHarness();
  current = await harness.launch('Carrier');
  const [other] = await harness.sql<{ id: number }[]>`
    insert into ingest_token (name, hash, hint) values ('other sender', ${randomBytes(32)}, 'efgh') returning id`;
  tokens = [String(harness.tokenId), String(other?.id)];
  await harness.take([
    made('e0', { external_user_id: 'ann' }),
    made('e1', { external_user_id: 'bob' }),
    made('e2', { external_user_id: 'bob', device_id: 'ann' }),
    made('e3', { external_user_id: 'bob' }),
  ]);
  // As if two requests of two tokens had been stored together.
  await harness.sql`update batch set token_ids = ${tokens.map(Number)}, request_events = array[2, 2]`;
  await harness.attempt(current, () => expired);
  await harness.take([
    made('e4', { user_id: 'ann' }, { event_type: click }),
    made('e5', { external_user_id: 'bob' }),
    made('e6', { external_user_id: 'ann' }),
  ]);
  await harness.attempt(current, (position) => (position === 2 ? 'delivered' : expired));
});
afterAll(() => harness.close());

const found = async (search: DeadLetterSearch) => {
  const filter = await narrowDeadLetters(harness.admin, search);
  const { nodes } = await listDeadLetters(harness.admin, { first: 100 }, filter);
  return nodes.map((letter) => letter.event?.id).sort();
};

const table = (): readonly (readonly [DeadLetterSearch, readonly string[]])[] => [
  [{ eventIds: ['e1'] }, ['e1']],
  [{ eventIds: ['e1', 'e5', 'unknown'] }, ['e1', 'e5']],
  [{ eventIds: ['e6'] }, []],
  [{ eventIds: [] }, []],
  [{ users: ['ann'] }, ['e0', 'e2', 'e4']],
  [{ users: ['ann'], eventType: click }, ['e4']],
  [{ users: ['ann'], code: 'nonsense' }, []],
  [{ users: ['ann'], eventIds: ['e0', 'e1'] }, ['e0']],
  [{ users: ['nobody'] }, []],
  [{ tokenId: tokens[0] }, ['e0', 'e1', 'e4', 'e5']],
  [{ tokenId: tokens[1] }, ['e2', 'e3']],
  [{ tokenId: tokens[1], users: ['ann'] }, ['e2']],
  [{ tokenId: '4711' }, []],
];

it('dead letters are found by event, user and token: unmerged and merged, typed or not, and without an index', async () => {
  for (const [search, ids] of table()) expect(await found(search), JSON.stringify(search)).toEqual(ids);
  while (await mergeFingerprints(harness.sql, { all: true }));
  while ((await describeDeadLetters(harness.sql)) > 0);
  for (const [search, ids] of table()) expect(await found(search), JSON.stringify(search)).toEqual(ids);
  await harness.sql`insert into index_backfill (stored_on, source) values (current_date, 'batch')`;
  await harness.sql`delete from fingerprint_block`;
  for (const [search, ids] of table()) expect(await found(search), JSON.stringify(search)).toEqual(ids);
});

it('they are counted and grouped alone, not with the others of their row', async () => {
  const filter = { ...(await narrowDeadLetters(harness.admin, { users: ['ann'] })), currentId: current };
  expect(await countDeadLetters(harness.admin, filter)).toMatchObject([{ code: 'throttled', eventCount: 3 }]);
  const groups = await groupDeadLetters(harness.admin, filter);
  expect(groups).toMatchObject([{ eventCount: 2 }, { eventType: click, eventCount: 1 }]);
  expect(['e0', 'e2']).toContain(groups[0]?.example?.event?.id);
});

it('together with ids, both have to match', async () => {
  const { ids = [] } = await narrowDeadLetters(harness.admin, { users: ['ann'] });
  expect(ids).toHaveLength(3);
  const both = await narrowDeadLetters(harness.admin, { users: ['bob'], ids });
  expect((await listDeadLetters(harness.admin, { first: 9 }, both)).nodes.map((each) => each.event?.id)).toEqual([
    'e2',
  ]);
});

it('a discard of a user’s dead letters changes exactly these', async () => {
  const filter = await narrowDeadLetters(harness.admin, { users: ['ann'], currentId: current });
  const input = {
    currentId: current,
    filter: { ids: filter.ids },
    isDryRun: false,
    reason: 'a test',
    adminTokenId: '7',
  };
  expect(await runOperation(harness.admin, 'discard_dead_letters', input)).toEqual({ eventCount: 3 });
  expect(await found({ isDiscarded: true })).toEqual(['e0', 'e2', 'e4']);
  expect(await found({ users: ['ann'], isDiscarded: false })).toEqual([]);
});

it('too many names, or too many dead letters, are refused', async () => {
  const names = Array.from({ length: 11 }, (_, index) => `id-${index}`);
  await expect(narrowDeadLetters(harness.admin, { users: names })).rejects.toThrow(
    'users: expected up to 10 ids, got 11',
  );
  await harness.take(Array.from({ length: 1_001 }, () => made('many', { external_user_id: 'zoe' })));
  await harness.attempt(current, () => expired);
  await expect(narrowDeadLetters(harness.admin, { users: ['zoe'] })).rejects.toThrow('at most 1000 dead letters');
  await expect(narrowDeadLetters(harness.admin, { tokenId: tokens[0] })).rejects.toThrow('at most 1000 dead letters');
  expect(await found({ users: ['zoe'], to: new Date(0) })).toEqual([]);
});
