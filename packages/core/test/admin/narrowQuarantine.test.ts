import {
  countQuarantine,
  groupQuarantine,
  listQuarantine,
  narrowQuarantine,
  traceEvent,
  traceEvents,
  type QuarantineSearch,
} from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mergeFingerprints } from '../../src/eventIndex/mergeFingerprints.js';
import { event, openCoreHarness, type CoreHarness } from './coreHarness.js';
import { runOperation } from './runOperation.js';

let harness: CoreHarness;

const pigeon = 'users.messages.pigeon.Open';
const owl = 'users.messages.owl.Open';
const made = (id: string, user: unknown, more: object = {}) => event('x', { id, user, event_type: pigeon, ...more });

beforeAll(async () => {
  harness = await openCoreHarness();
  await harness.take([
    made('e0', { external_user_id: 'ann' }),
    made('e1', { external_user_id: 'bob' }, { event_type: owl }),
    made('e2', { external_user_id: 'bob', device_id: 'ann' }, { event_type: 'ann@example.com' }),
    event('good', { id: 'good', user: { external_user_id: 'ann' } }),
  ]);
  const lines = [
    '{"id":"cut","event_type":"users.messages.email.Open","user":{"external_user_id":"ann","device_id":"d',
    JSON.stringify(made('e4', { user_id: 'änn"' })),
    'nothing of JSON',
    '{"id":"e6","user":{"external_user_id":"ann"},"event_type":"users.messages.email.Open","properties":{"a":}}',
  ].join('\n');
  await harness.intake.take({ chunks: [Buffer.from(lines)], format: 'ndjson', tokenId: harness.tokenId + 1 });
  const bytes = Buffer.from(
    '{"id":"e7","user":{"external_user_id":"ann"},"event_type":"x","properties":{"a":"\xe9"}}',
    'latin1',
  );
  await harness.intake.take({ chunks: [bytes], format: 'ndjson', tokenId: harness.tokenId });
});
afterAll(() => harness.close());

const found = async (search: QuarantineSearch) => {
  const filter = await narrowQuarantine(harness.admin, search);
  const { nodes } = await listQuarantine(harness.admin, { first: 100 }, filter);
  return nodes.map(({ eventId }) => eventId).sort();
};

const table = (): readonly (readonly [QuarantineSearch, readonly string[]])[] => [
  [{ eventIds: ['e1'] }, ['e1']],
  [{ eventIds: ['e1', 'e6', 'unknown'] }, ['e1', 'e6']],
  [{ eventIds: ['good'] }, []],
  [{ eventIds: [] }, []],
  [{ users: ['ann'] }, ['cut', 'e0', 'e2', 'e6', 'e7']],
  [{ users: ['änn"'] }, ['e4']],
  [{ users: ['ann'], eventType: pigeon }, ['e0']],
  [{ users: ['ann'], code: 'malformed_json' }, ['cut', 'e6']],
  [{ users: ['ann'], eventIds: ['e0', 'e1'] }, ['e0']],
  [{ users: ['ann'], tokenId: String(harness.tokenId + 1) }, ['cut', 'e6']],
  [{ users: ['ann'], to: new Date(0) }, []],
  [{ users: ['ann'], isReleased: true }, []],
  [{ users: ['unknown user'] }, []],
  [{ eventType: owl }, ['e1']],
  [{ eventType: 'users.messages.email.Open' }, ['cut', 'e6']],
  [{ eventType: 'ann@example.com' }, []],
];

it('quarantined events are found by event, user and type: unmerged and merged, and without an index', async () => {
  for (const [search, ids] of table()) expect(await found(search), JSON.stringify(search)).toEqual(ids);
  while (await mergeFingerprints(harness.sql, { all: true }));
  for (const [search, ids] of table()) expect(await found(search), JSON.stringify(search)).toEqual(ids);
  await harness.sql`insert into index_backfill (stored_on, source) values (current_date, 'quarantine')`;
  for (const [search, ids] of table()) expect(await found(search), JSON.stringify(search)).toEqual(ids);
  await harness.sql`delete from index_backfill`;
});

it('they are grouped by reason and type, each with an example', async () => {
  const groups = await groupQuarantine(harness.admin);
  expect(
    groups.map(({ code, eventType, eventCount, example }) => [code, eventType, eventCount, example?.eventId]),
  ).toEqual([
    ['malformed_json', 'users.messages.email.Open', 2, 'e6'],
    ['unknown_event_type', pigeon, 2, 'e4'],
    ['malformed_json', undefined, 1, undefined],
    ['not_utf8', 'x', 1, 'e7'],
    ['unknown_event_type', undefined, 1, 'e2'],
    ['unknown_event_type', owl, 1, 'e1'],
  ]);
  expect(groups[0]?.firstAt).toBeInstanceOf(Date);
  expect(await countQuarantine(harness.admin)).toMatchObject([
    { code: 'unknown_event_type', eventCount: 4 },
    { code: 'malformed_json', eventCount: 3 },
    { code: 'not_utf8', eventCount: 1 },
  ]);
  const ofAnn = await groupQuarantine(harness.admin, await narrowQuarantine(harness.admin, { users: ['ann'] }));
  expect(ofAnn).toMatchObject([
    { code: 'malformed_json', eventCount: 2 },
    { eventCount: 1 },
    { eventCount: 1 },
    { eventCount: 1 },
  ]);
});

it('too many names, ids or events are refused', async () => {
  const names = Array.from({ length: 11 }, (_, index) => `id-${index}`);
  await expect(narrowQuarantine(harness.admin, { users: names })).rejects.toThrow(
    'users: expected up to 10 ids, got 11',
  );
  const ids = Array.from({ length: 1_001 }, (_, index) => `20260131-1-${index}`);
  await expect(listQuarantine(harness.admin, { first: 1 }, { ids })).rejects.toThrow('ids: expected up to 1000 ids');
  await harness.take(Array.from({ length: 1_001 }, () => made('many', { external_user_id: 'zoe' })));
  await expect(narrowQuarantine(harness.admin, { users: ['zoe'] })).rejects.toThrow('at most 1000 quarantined events');
});

it('events of more types than one row can tell apart are stored in several', async () => {
  const types = Array.from({ length: 300 }, (_, index) => `zoo.${index}`);
  await harness.take(types.map((type) => made('zoo', { external_user_id: 'cat' }, { event_type: type })));
  for (const type of ['zoo.0', 'zoo.249', 'zoo.250', 'zoo.299'])
    expect(await found({ eventType: type }), type).toEqual(['zoo']);
  expect(await groupQuarantine(harness.admin)).toHaveLength(200);
});

it('a release and a purge of some events change exactly these; a look-up tells what became of each', async () => {
  const rows = await harness.sql<{ id: string; content: Buffer }[]>`
    select id, content from quarantine_batch where events = 3 order by id limit 1`;
  // As if the catalogue had learned the type.
  const learned = rows[0]?.content.toString().replaceAll(pigeon, 'users.messages.email.Open') ?? '';
  await harness.sql`update quarantine_batch set content = ${Buffer.from(learned)} where id = ${rows[0]?.id ?? ''}`;
  const filter = await narrowQuarantine(harness.admin, { users: ['ann'], eventType: pigeon });
  expect(filter).toMatchObject({ ids: [expect.any(String)] });
  expect(JSON.stringify(filter)).not.toContain('ann');
  const released = await runOperation(harness.admin, 'release_quarantined_events', { filter, isDryRun: false });
  expect(released).toMatchObject({ eventCount: 1, stillRefused: [] });
  expect(await found({ users: ['ann'], isReleased: true })).toEqual(['e0']);

  expect(await traceEvent(harness.admin, 'e0')).toMatchObject({ event: { id: 'e0' }, quarantinedEventId: undefined });
  const { nodes } = await traceEvents(harness.admin, { first: 10 }, { eventId: 'e0' });
  expect(nodes.map(({ quarantinedEventId }) => quarantinedEventId)).toEqual([undefined, filter.ids?.[0]]);
  const broken = await traceEvent(harness.admin, 'cut');
  expect(broken).toMatchObject({ kind: 'StoredEvent', event: undefined, quarantinedEventId: expect.any(String) });

  const chosen = await narrowQuarantine(harness.admin, { eventIds: ['cut', 'e0'] });
  const purge = { filter: chosen, isDryRun: true };
  expect(await runOperation(harness.admin, 'purge_quarantined_events', purge)).toEqual({ eventCount: 2 });
  expect(await runOperation(harness.admin, 'purge_quarantined_events', { ...purge, isDryRun: false })).toEqual({
    eventCount: 2,
  });
  expect(await runOperation(harness.admin, 'purge_quarantined_events', purge)).toEqual({ eventCount: 0 });
  expect(await found({ users: ['ann'] })).toEqual(['e2', 'e6', 'e7']);
  expect(await traceEvent(harness.admin, 'cut')).toMatchObject({ kind: 'EventNotFound' });
  expect(await traceEvent(harness.admin, 'e0')).toMatchObject({ event: { id: 'e0' } });
});
