import {
  createSeal,
  updateCurrent,
  createCurrent,
  deleteCurrent,
  getCurrent,
  launchCurrent,
  listCurrents,
  pauseCurrent,
  resumeCurrent,
} from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordWarnings } from '../../src/currents/currentWarnings.js';
import { block } from '../../src/circuitBreaker.js';
import { fakeConnector } from '../fakeConnector.js';
import { currentOf, event, everything, openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
beforeAll(async () => void (harness = await openCoreHarness()));
afterAll(() => harness.close());

const good = {
  name: 'Spring to Fake',
  contactEmail: 'ana@example.com',
  destination: 'fake',
  settings: { region: 'here' },
  credentials: { key: 'k3y-of-the-partner' },
  selection: everything,
};

it('lingerMs has a default and can be set, and an update returns its former value', async () => {
  const current = currentOf(await createCurrent(harness.admin, { ...good, name: 'Lingers' }));
  expect(current).toMatchObject({ lingerMs: 250 });
  const quick = currentOf(await createCurrent(harness.admin, { ...good, name: 'Lingers not', lingerMs: 0 }));
  expect(quick).toMatchObject({ lingerMs: 0 });
  expect(await updateCurrent(harness.admin, current.id, { lingerMs: 10_000 })).toMatchObject({
    kind: 'CurrentUpdated',
    current: { lingerMs: 10_000 },
    before: { lingerMs: 250 },
  });
  expect(await updateCurrent(harness.admin, current.id, { contactEmail: 'eva@example.com' })).toMatchObject({
    current: { lingerMs: 10_000 },
  });
});

describe('createCurrent', () => {
  it('creates a draft, which delivers nothing', async () => {
    const current = await createCurrent(harness.admin, { ...good, name: '  Made  ' });
    expect(current).toMatchObject({
      kind: 'Current',
      name: 'Made',
      state: 'draft',
      settings: { region: 'here' },
      credentials: { kind: undefined, fields: ['key'] },
      allowedActions: ['launch', 'update', 'test', 'delete'],
      counts: { selected: 0, pending: 0 },
      version: 1,
    });
    await harness.take([event()]);
    expect(await getCurrent(harness.admin, currentOf(current).id)).toMatchObject({ counts: { selected: 0 } });
  });

  it.each([
    ['a name without characters', { name: '   ' }, 'InputInvalid', ['name']],
    ['a name of 101 characters', { name: 'n'.repeat(101) }, 'InputInvalid', ['name']],
    ['a name over two lines', { name: 'a\nb' }, 'InputInvalid', ['name']],
    ['a name with a NUL', { name: 'a\0b' }, 'InputInvalid', ['name']],
    ['neither a name nor an address', { name: '', contactEmail: 'ana' }, 'InputInvalid', ['name', 'contactEmail']],
    ['a negative linger time', { lingerMs: -1 }, 'InputInvalid', ['lingerMs']],
    ['a linger time of more than 10 s', { lingerMs: 10_001 }, 'InputInvalid', ['lingerMs']],
    ['a linger time in fractions', { lingerMs: 1.5 }, 'InputInvalid', ['lingerMs']],
    ['an unknown region', { settings: { region: 'mars' } }, 'InputInvalid', ['settings.region']],
    ['no region', { settings: {} }, 'InputInvalid', ['settings.region']],
    ['an unknown setting', { settings: { region: 'here', colour: 'red' } }, 'InputInvalid', ['settings.colour']],
    ['no credentials', { credentials: {} }, 'InputInvalid', ['credentials.key']],
    ['an empty selection', { selection: { eventTypes: [], channels: [], groups: [] } }, 'InputInvalid', ['selection']],
    [
      'unknown names',
      { selection: { eventTypes: ['users.messages.email.Opn'], channels: ['message/mail'], groups: ['messages'] } },
      'InputInvalid',
      ['selection.eventTypes', 'selection.channels', 'selection.groups'],
    ],
    [
      'more names than the limit',
      { selection: { eventTypes: Array(501).fill('x'), channels: [], groups: [] } },
      'InputInvalid',
      ['selection'],
    ],
    [
      'only event types that the destination does not support',
      { selection: { eventTypes: ['agentconsole.AgentExecuted'], channels: [], groups: [] } },
      'InputInvalid',
      ['selection'],
    ],
  ])('refuses %s and names the field', async (_what, wrong, kind, fields) => {
    const refused = await createCurrent(harness.admin, { ...good, name: 'Refused', ...wrong });
    expect(refused).toMatchObject({ kind, problems: fields.map((field) => ({ path: field.split('.') })) });
    expect((refused as { message: string }).message).toContain(fields[0]);
    expect(await listCurrents(harness.admin, { first: 10 }, { search: 'Refused' })).toMatchObject({ nodes: [] });
  });

  it('refuses an unknown destination and lists the known ones', async () => {
    expect(await createCurrent(harness.admin, { ...good, destination: 'nowhere' })).toMatchObject({
      kind: 'InputInvalid',
      problems: [{ path: ['destination'], code: 'unknown_value', suggestions: ['fake'] }],
      message: 'destination: expected fake, got "nowhere"',
    });
  });

  it('refuses a base URL and names the variable that allows it', async () => {
    const given = {
      ...good,
      name: 'Based',
      selection: { eventTypes: [], channels: ['message/email'], groups: [] },
      settings: { region: 'here', baseUrl: 'https://relay.example.com' },
    };
    expect(await createCurrent(harness.admin, given)).toMatchObject({
      kind: 'InputInvalid',
      message: expect.stringContaining('ALLOW_CUSTOM_BASE_URL=true'),
    });
    const allowed = harness.open({ allowBaseUrl: true });
    expect(await createCurrent(allowed, given)).toMatchObject({ kind: 'Current', warnings: [] });
    const [based] = (await listCurrents(harness.admin, { first: 1 }, { search: 'based' })).nodes;
    expect(based?.warnings).toMatchObject([{ code: 'base_url_not_allowed' }]);
    expect(await launchCurrent(harness.admin, based?.id ?? '')).toMatchObject({
      kind: 'CurrentNotReady',
      reason: 'base_url_not_allowed',
    });
  });

  it('creates one of two with the same name at once, and refuses the other with the id of the first', async () => {
    const both = await Promise.all([
      createCurrent(harness.admin, { ...good, name: 'Twins' }),
      createCurrent(harness.admin, { ...good, name: 'tWINS' }),
    ]);
    const made = both.find(({ kind }) => kind === 'Current');
    const refused = both.find(({ kind }) => kind === 'NameTaken');
    expect(made).toBeDefined();
    expect(refused).toMatchObject({ ownerId: (made as { id: string }).id });
  });

  it('warns of selected event types that the destination does not support', async () => {
    const current = await createCurrent(harness.admin, { ...good, name: 'Warned' });
    const untaken = currentOf(current).warnings[0]?.eventTypes;
    expect(current).toMatchObject({ warnings: [{ code: 'types_not_taken' }] });
    expect(untaken?.length).toBeGreaterThan(0);
    expect(untaken?.every((name) => name.startsWith('agentconsole.'))).toBe(true);
    expect(currentOf(current).eventTypes).not.toContain(untaken?.[0]);
  });
});

describe('what workers noticed', () => {
  it('is a warning with its count and times for a week, and one about former settings ends with them', async () => {
    const id = await harness.draft('Noticed');
    const { sql } = harness;
    const warnings = async () => currentOf(await getCurrent(harness.admin, String(id))).warnings;
    const before = (await warnings()).length;
    await recordWarnings(sql, Number(id), [{ code: 'gzip_refused', detail: 'HTTP 415', events: 0 }]);
    await recordWarnings(sql, Number(id), [{ code: 'batch_unreadable', detail: 'its bytes are damaged', events: 3 }]);
    await recordWarnings(sql, Number(id), [{ code: 'batch_unreadable', detail: 'no longer stored', events: 2 }]);
    const [gzip, unreadable] = (await warnings()).slice(before);
    expect(gzip).toMatchObject({ code: 'gzip_refused', eventCount: 0 });
    expect(unreadable).toMatchObject({ code: 'batch_unreadable', eventCount: 5 });
    expect(unreadable?.message).toMatch(/dead letters.*: no longer stored$/);
    expect(unreadable?.lastAt?.getTime()).toBeGreaterThanOrEqual(unreadable?.firstAt?.getTime() ?? Infinity);

    await updateCurrent(harness.admin, String(id), { settings: { region: 'here' } });
    expect((await warnings()).slice(before)).toMatchObject([{ code: 'batch_unreadable' }]);

    await sql`update current_warning set first_at = first_at - interval '8 days', last_at = last_at - interval '8 days'`;
    expect(await warnings()).toHaveLength(before);
    await recordWarnings(sql, Number(id), [{ code: 'batch_unreadable', detail: 'again', events: 1 }]);
    const [again] = (await warnings()).slice(before);
    expect(again?.eventCount).toBe(1);
    expect(Date.now() - (again?.firstAt?.getTime() ?? 0)).toBeLessThan(60_000);
  });
});

describe('updateCurrent', () => {
  it('replaces the given fields, keeps the others, and returns the previous values', async () => {
    const id = await harness.draft('To change');
    const selection = {
      eventTypes: ['users.messages.email.Open', 'users.messages.email.Open'],
      channels: [],
      groups: [],
    };
    expect(await updateCurrent(harness.admin, id, { name: 'Changed', selection })).toMatchObject({
      kind: 'CurrentUpdated',
      current: {
        name: 'Changed',
        contactEmail: 'ana@example.com',
        selection: { eventTypes: ['users.messages.email.Open'] },
        version: 2,
      },
      before: { name: 'To change', selection: everything },
    });
  });

  it('raises the version with every update', async () => {
    const id = await harness.draft('Named');
    expect(await updateCurrent(harness.admin, id, { name: 'Renamed' })).toMatchObject({ current: { version: 2 } });
    expect(await updateCurrent(harness.admin, id, { name: 'Late', ifVersion: 1 })).toMatchObject({
      kind: 'VersionConflict',
      version: 2,
      node: { name: 'Renamed' },
    });
  });

  it('refuses the name of another Current, and allows a change of case in its own', async () => {
    const first = await harness.draft('First');
    const second = await harness.draft('Second');
    expect(await updateCurrent(harness.admin, second, { name: 'FIRST' })).toMatchObject({
      kind: 'NameTaken',
      ownerId: first,
    });
    expect(await updateCurrent(harness.admin, second, { name: 'SECOND' })).toMatchObject({ kind: 'CurrentUpdated' });
  });

  it.each([
    ['settings', { settings: { region: 'mars' } }, 'InputInvalid'],
    ['a base URL', { settings: { region: 'here', baseUrl: 'https://x.example.com' } }, 'InputInvalid'],
    ['credentials', { credentials: { key: 5 } }, 'InputInvalid'],
    ['a selection', { selection: { eventTypes: [], channels: [], groups: [] } }, 'InputInvalid'],
    ['a contact', { contactEmail: 'nobody' }, 'InputInvalid'],
  ])('refuses invalid input and changes nothing: %s', async (what, wrong, kind) => {
    const id = await harness.draft(`Kept ${what}`);
    expect(await updateCurrent(harness.admin, id, { name: `Lost ${what}`, ...wrong })).toMatchObject({ kind });
    expect(await getCurrent(harness.admin, id)).toMatchObject({ name: `Kept ${what}`, version: 1 });
  });

  it('brings the probe of a blocked Current forward when its credentials change', async () => {
    const id = await harness.launch('Blocked');
    await block(harness.sql, 'current', Number(id), { code: 'bad_key', detail: 'the key is not known' });
    await harness.sql`update current set probes = 7, probe_at = now() + interval '1 hour' where id = ${Number(id)}`;
    expect(await getCurrent(harness.admin, id)).toMatchObject({ state: 'blocked', block: { code: 'bad_key' } });
    await updateCurrent(harness.admin, id, { selection: everything });
    expect(await harness.sql`select from current where id = ${Number(id)} and probe_at <= now()`).toHaveLength(0);
    expect(await updateCurrent(harness.admin, id, { credentials: { key: 'another' } })).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await harness.sql`select from current where id = ${Number(id)} and probe_at <= now()`).toHaveLength(0);
    await updateCurrent(harness.admin, id, { credentials: { key: 'another' }, confirmName: 'Blocked' });
    expect(
      await harness.sql`select probes from current where id = ${Number(id)} and probe_at <= now() and state = 'blocked'`,
    ).toMatchObject([{ probes: 0 }]);
  });
});

describe('the states of a Current', () => {
  it('go from draft to live to paused to live, and each transition is dated', async () => {
    const id = await harness.draft('Round');
    expect(await launchCurrent(harness.admin, id)).toMatchObject({ kind: 'Current', state: 'live' });
    await harness.sql`update current set live_since = '2026-01-01', state_since = '2026-01-01' where id = ${Number(id)}`;
    expect(await pauseCurrent(harness.admin, id)).toMatchObject({ state: 'paused' });
    expect(
      await harness.sql`select from current where id = ${Number(id)} and live_since = '2026-01-01' and state_since > '2026-01-02'`,
    ).toHaveLength(1);
    harness.woken.length = 0;
    expect(await resumeCurrent(harness.admin, id)).toMatchObject({ state: 'live' });
    expect(await harness.sql`select from current where id = ${Number(id)} and live_since > '2026-01-02'`).toHaveLength(
      1,
    );
    expect(harness.woken).toEqual([Number(id)]);
  });

  it.each([
    ['draft', { pause: 'CurrentWrongState', resume: 'CurrentWrongState', launch: 'Current' }],
    ['live', { launch: 'Current', resume: 'Current', pause: 'Current' }],
    ['paused', { launch: 'CurrentWrongState', pause: 'Current', resume: 'Current' }],
    ['blocked', { launch: 'CurrentWrongState', pause: 'Current', resume: 'CurrentWrongState' }],
    ['deleted', { launch: 'CurrentWrongState', pause: 'CurrentWrongState', resume: 'CurrentWrongState' }],
  ])('refuse a transition that %s does not allow, and list the allowed ones', async (state, expected) => {
    const moves = { launch: launchCurrent, pause: pauseCurrent, resume: resumeCurrent };
    for (const [move, kind] of Object.entries(expected)) {
      const id = await harness.draft(`${state} ${move}`);
      await harness.sql`update current set state = ${state} where id = ${Number(id)}`;
      const before = await getCurrent(harness.admin, id);
      const answer = await moves[move as keyof typeof moves](harness.admin, id);
      expect(answer).toMatchObject(
        kind === 'Current'
          ? { kind, state: move === 'pause' ? 'paused' : 'live' }
          : { kind, state, allowedActions: currentOf(before).allowedActions },
      );
      if (kind === 'CurrentWrongState') expect(await getCurrent(harness.admin, id)).toEqual(before);
    }
  });

  it.each([
    ['refuses', 'refused', { outcome: 'blocked', code: 'http_401', detail: 'no' }],
    ['fails the connector', 'unreachable', undefined],
  ] as const)(
    'do not let a draft go live whose destination %s, unless it is launched without a test',
    async (what, outcome, mood) => {
      const id = await harness.draft(`Untested, ${what}`);
      harness.partner.mood = mood;
      if (!mood) harness.partner.testDelay = () => Promise.reject(new TypeError('a bug'));
      try {
        expect(await launchCurrent(harness.admin, id)).toMatchObject({ kind: 'TestFailed', outcome });
        expect(await getCurrent(harness.admin, id)).toMatchObject({ state: 'draft' });
        expect(await launchCurrent(harness.admin, id, { skipTest: true })).toMatchObject({ state: 'live' });
        // A repetition is answered without a test.
        expect(await launchCurrent(harness.admin, id)).toMatchObject({ state: 'live' });
      } finally {
        harness.partner.mood = undefined;
        harness.partner.testDelay = async () => undefined;
      }
    },
  );

  it('lead from blocked to paused, and to live with a retry window that begins anew', async () => {
    const id = await harness.launch('Blocked and paused');
    await block(harness.sql, 'current', Number(id), { code: 'http_401', detail: 'no' });
    await harness.sql`update current set live_since = '2026-01-01' where id = ${Number(id)}`;
    expect(await pauseCurrent(harness.admin, id)).toMatchObject({ state: 'paused', block: undefined });
    expect(await harness.sql`select blocked_code, probe_at from current where id = ${Number(id)}`).toMatchObject([
      { blocked_code: null, probe_at: null },
    ]);
    expect(await resumeCurrent(harness.admin, id)).toMatchObject({ state: 'live' });
    expect(await harness.sql`select from current where id = ${Number(id)} and live_since > '2026-01-02'`).toHaveLength(
      1,
    );
  });

  it('return the live Current to both of two concurrent launches', async () => {
    const id = await harness.draft('Raced');
    const both = await Promise.all([launchCurrent(harness.admin, id), launchCurrent(harness.admin, id)]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(['Current', 'Current']);
    expect(both).toMatchObject([{ state: 'live' }, { state: 'live' }]);
  });

  it('do not become live while the credentials cannot be opened', async () => {
    const id = await harness.draft('Locked');
    const elsewhere = harness.open({ seal: createSeal(Buffer.alloc(32, 7)) });
    expect(await launchCurrent(elsewhere, id)).toMatchObject({
      kind: 'CurrentNotReady',
      reason: 'credentials_unreadable',
    });
    expect(await getCurrent(elsewhere, id)).toMatchObject({
      state: 'draft',
      credentials: { fields: [] },
      warnings: [{}, { code: 'credentials_unreadable' }],
    });
  });

  it.each(['0', '', 'abc', '-1', '99999999999999999999', '1; drop table current', '999999999'])(
    'do not exist for the unknown id %j',
    async (id) => {
      expect(await getCurrent(harness.admin, id)).toMatchObject({ kind: 'CurrentNotFound' });
      expect(await launchCurrent(harness.admin, id)).toMatchObject({ kind: 'CurrentNotFound' });
      expect(await updateCurrent(harness.admin, id, {})).toMatchObject({ kind: 'CurrentNotFound' });
      expect(await deleteCurrent(harness.admin, id, 'x')).toMatchObject({ kind: 'CurrentNotFound' });
    },
  );
});

describe('deleteCurrent', () => {
  it('requires the name, then erases the credentials, frees the name and counts the events that will expire', async () => {
    const id = await harness.launch('Doomed');
    await harness.take([event(), event(), event()]);
    await harness.attempt(id, (position) => (position === 0 ? 'delivered' : 'pending'));
    expect(await deleteCurrent(harness.admin, id, 'doomed')).toMatchObject({
      kind: 'NotConfirmed',
      message: expect.stringMatching(/"Doomed".*2 events/),
    });
    expect(await deleteCurrent(harness.admin, id, 'Doomed')).toMatchObject({
      kind: 'CurrentDeleted',
      pendingCount: 2,
      current: { state: 'deleted', allowedActions: [] },
    });
    expect(await harness.sql`select credentials from current where id = ${Number(id)}`).toMatchObject([
      { credentials: null },
    ]);
    expect(await getCurrent(harness.admin, id)).toMatchObject({
      credentials: undefined,
      counts: { selected: 3, delivered: 1 },
    });
    expect(await deleteCurrent(harness.admin, id, 'Doomed')).toMatchObject({
      kind: 'CurrentWrongState',
      state: 'deleted',
    });
    expect(await updateCurrent(harness.admin, id, { name: 'Risen' })).toMatchObject({ kind: 'CurrentWrongState' });
    expect(await harness.draft('Doomed')).not.toBe(id);
  });
});

describe('listCurrents', () => {
  it('returns every Current once, newest first, while more are added', async () => {
    const ids: string[] = [];
    for (let number = 0; number < 7; number++) ids.push(await harness.draft(`Listed ${number}`));
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listCurrents(harness.admin, { first: 3, after }, { search: 'listed' });
      seen.push(...page.nodes.map(({ id }) => id));
      after = page.nextCursor;
      await harness.draft(`Listed later ${seen.length}`);
    } while (after !== undefined);
    expect(seen).toEqual(ids.reverse());
  });

  it('filters by state, destination and text, and includes deleted ones only on request', async () => {
    const id = await harness.draft('Filtered 100%_');
    await deleteCurrent(harness.admin, id, 'Filtered 100%_');
    const found = async (filter: Parameters<typeof listCurrents>[2]) =>
      (await listCurrents(harness.admin, { first: 200 }, filter)).nodes.map((node) => node.id);
    expect(await found({ search: '100%_' })).toEqual([]);
    expect(await found({ search: 'FILTERED 100%_', states: ['deleted'] })).toEqual([id]);
    expect(await found({ search: '%', states: ['deleted'] })).toEqual([id]);
    expect(await found({ destination: 'nowhere' })).toEqual([]);
    expect(await found({ search: 'a\0b' })).toEqual([]);
    expect((await found({ states: ['draft'], destination: 'fake' })).length).toBeGreaterThan(5);
  });

  it.each([{ first: 0 }, { first: 201 }, { first: 1.5 }, { first: 5, after: 'rubbish' }, { first: 5, after: '' }])(
    'refuses the page %j with the expected value',
    async (page) => {
      await expect(listCurrents(harness.admin, page)).rejects.toThrow(/expected/);
    },
  );

  it('orders by name or by last update, and refuses a cursor of another order', async () => {
    const filter = { search: 'Ordered' };
    for (const name of ['Ordered b', 'ordered C', 'Ordered a']) await harness.draft(name);
    const names = async (order: Parameters<typeof listCurrents>[3]): Promise<readonly string[]> => {
      const seen: string[] = [];
      for (let after: string | undefined, more = true; more; more = after !== undefined) {
        const page = await listCurrents(harness.admin, { first: 1, after }, filter, order);
        expect(await page.count()).toBe(3);
        seen.push(...page.nodes.map(({ name }) => name));
        after = page.nextCursor;
      }
      return seen;
    };
    expect(await names({ field: 'name', direction: 'asc' })).toEqual(['Ordered a', 'Ordered b', 'ordered C']);
    const [first] = (await listCurrents(harness.admin, { first: 1 }, { search: 'Ordered b' })).nodes;
    await updateCurrent(harness.admin, first?.id ?? '', { contactEmail: 'new@example.com' });
    expect(await names({ field: 'updated_at', direction: 'desc' })).toEqual(['Ordered b', 'Ordered a', 'ordered C']);
    expect(await names({ field: 'created_at', direction: 'asc' })).toEqual(['Ordered b', 'ordered C', 'Ordered a']);
    const { nextCursor } = await listCurrents(harness.admin, { first: 1 }, filter, { field: 'name', direction: 'asc' });
    await expect(listCurrents(harness.admin, { first: 1, after: nextCursor }, filter)).rejects.toThrow(/same order/);
  });

  it('returns counts and the oldest pending event of each Current', async () => {
    const id = await harness.launch('Counted');
    await harness.take([event(), event(), event(), event()]);
    const end = ['delivered', { skip: 'no_user' }, { outcome: 'rejected', code: 'invalid' }, 'pending'] as const;
    await harness.attempt(id, (position) => end[position] ?? 'pending');
    const [current] = (await listCurrents(harness.admin, { first: 1 }, { search: 'counted' })).nodes;
    expect(current?.counts).toEqual({
      selected: 4,
      unselected: 0,
      delivered: 1,
      skipped: 1,
      rejected: 1,
      expired: 0,
      pending: 1,
      skippedReasons: [{ code: 'no_user', eventCount: 1 }],
      rejectedReasons: [{ code: 'invalid', eventCount: 1 }],
      expiredReasons: [],
    });
    const [{ at }] =
      (await harness.sql`select min(stored_at) as at from delivery where current_id = ${Number(id)}`) as unknown as [
        { at: Date },
      ];
    expect(current?.oldestPendingAt).toEqual(at);
  });
});

it('Currents of a removed connector stay readable, with a warning', async () => {
  const id = await harness.draft('Orphan');
  const bare = harness.open({ connector: { ...fakeConnector(harness.partner), name: 'other' } });
  expect(await getCurrent(bare, id)).toMatchObject({ warnings: [{ code: 'no_connector' }], eventTypes: [] });
  expect(await launchCurrent(bare, id)).toMatchObject({ kind: 'CurrentNotReady', reason: 'no_connector' });
  expect(await deleteCurrent(bare, id, 'Orphan')).toMatchObject({ kind: 'CurrentDeleted' });
});
