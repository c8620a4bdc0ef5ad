import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  basic,
  bearer,
  changes,
  declaration,
  message,
  openPartnerHarness,
  page,
  type PartnerHarness,
} from './partnerHarness.js';

let api: PartnerHarness;
let mixpanel: string;
let amplitude: string;
beforeAll(async () => {
  api = await openPartnerHarness();
  [mixpanel, amplitude] = [await api.makeKey('mixpanel'), await api.makeKey('amplitude')];
});
afterAll(() => api.close());

/** The changes that `push` stores. */
async function added(push: () => Promise<unknown>) {
  const before = (await api.stored()).length;
  await push();
  return (await api.stored()).slice(before);
}

describe('a push is stored before it is answered', () => {
  it('of Mixpanel’s webhook', async () => {
    const push = page('add_members', ['customer-1']);
    expect(
      await added(async () => {
        const { status, body } = await api.push('mixpanel/webhook', push, basic('anybody', mixpanel));
        expect([status, body]).toEqual([200, { action: 'add_members', status: 'success' }]);
      }),
    ).toEqual([{ kind: 'add', partner_id: '678', members: ['ecustomer-1'] }]);
    // A repeated page stores nothing.
    expect(await added(() => api.push('mixpanel/webhook', push, basic('anybody', mixpanel)))).toEqual([]);
  });

  it('of Mixpanel’s webhook, with the id in a property that the URL names', async () => {
    const members = [{ mixpanel_distinct_id: 'x', 'CRM id': 'crm-1' }, { mixpanel_distinct_id: 'y' }];
    const stored = await added(() =>
      api.push('mixpanel/webhook/by/CRM%20id', page('members', [], { members }), basic('', mixpanel)),
    );
    expect(stored).toEqual([{ kind: 'replace', partner_id: '678', members: ['ecrm-1'] }]);
  });

  it('of Amplitude’s webhook', async () => {
    const push = message(['customer-1', '']);
    const stored = await added(async () => {
      for (let time = 0; time < 3; time++)
        expect((await api.push('amplitude/webhook', push, bearer(amplitude))).status).toBe(200);
    });
    expect(stored).toEqual([{ kind: 'add', partner_id: '7khm89cz', members: ['ecustomer-1'] }]);
  });

  it('of Amplitude’s lists', async () => {
    const name = '[Amplitude] Step 2: buyers: c2';
    const made = await api.push('amplitude/lists', { name }, basic(amplitude, ''));
    expect(made).toMatchObject({
      status: 200,
      body: { listId: expect.stringMatching(/^\S+$/), list_id: made.body.listId },
    });
    expect(
      (await api.push('amplitude/lists', { name: '[Amplitude] Renamed: c2' }, basic(amplitude, ''))).body.listId,
    ).toBe(made.body.listId);
    const list = `amplitude/lists/${made.body.listId}`;
    const stored = await added(async () => {
      expect((await api.push(`${list}/add`, { userIds: ['customer-1', 'customer-2'] }, bearer(amplitude))).status).toBe(
        200,
      );
      expect((await api.push(`${list}/remove/`, { userIds: ['customer-2'] }, bearer(amplitude))).status).toBe(200);
    });
    expect(stored).toEqual([
      { kind: 'add', partner_id: 'c2', members: ['ecustomer-1', 'ecustomer-2'] },
      { kind: 'remove', partner_id: 'c2', members: ['ecustomer-2'] },
    ]);
  });

  it('of the partner protocol, for any partner', async () => {
    await api.sql`insert into import_partner (name) values ('segment')`;
    for (const partner of ['mixpanel', 'amplitude', 'segment']) {
      const key = await api.makeKey(partner);
      const stored = await added(async () => {
        expect(await api.push(`${partner}/cohorts`, declaration(key))).toMatchObject({
          status: 201,
          text: '{"message":"success"}',
        });
        const moves = [
          { user_ids: ['customer-1'], device_ids: ['d'], aliases: [{ alias_name: 'n', alias_label: 'l' }] },
          { user_ids: ['customer-2'], should_remove: true },
        ];
        expect(await api.push(`${partner}/cohorts/users`, changes(key, moves))).toMatchObject({
          status: 201,
          text: '{"message":"success"}',
        });
      });
      expect(stored.map(({ kind, members }) => [kind, members?.length])).toEqual([
        ['declare', undefined],
        ['add', 3],
        ['remove', 1],
      ]);
    }
  });

  it('without members, with which partners test a key', async () => {
    expect(await api.push('mixpanel/cohorts/users', changes(mixpanel, [], { cohort_id: 'dummy' }))).toMatchObject({
      status: 201,
    });
  });
});

describe('a body', () => {
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    api.push('mixpanel/webhook', body, { ...basic('', mixpanel), ...headers });

  it.each([
    ['gzip', () => gzipSync(JSON.stringify(page('add_members', ['a']))), { 'content-encoding': 'gzip' }],
    [
      'with a charset',
      () => JSON.stringify(page('add_members', ['a'])),
      { 'content-type': 'application/json; charset=UTF-8' },
    ],
    ['of another content type', () => JSON.stringify(page('add_members', ['a'])), { 'content-type': 'text/plain' }],
    ['behind a byte order mark', () => `\ufeff${JSON.stringify(page('add_members', ['a']))}`, {}],
    [
      'of 9 megabytes',
      () => JSON.stringify(page('add_members', ['a'], { mixpanel_cohort_description: 'x'.repeat(9_000_000) })),
      {},
    ],
  ])('is accepted: %s', async (_, body, headers) => {
    expect((await send(body(), headers)).status).toBe(200);
  });

  it.each([
    ['half JSON', '{"action":"members",', {}, 400, 'the body is not JSON'],
    ['nothing', '', {}, 400, 'the body is not JSON'],
    ['plain text as gzip', '{}', { 'content-encoding': 'gzip' }, 400, 'not valid gzip'],
    ['another encoding', '{}', { 'content-encoding': 'br' }, 400, 'expected content-encoding gzip'],
    ['too much', 'x'.repeat(11_000_000), {}, 413, 'expected a body of at most 10485760 bytes'],
    [
      'above the limit, decompressed',
      gzipSync('x'.repeat(11_000_000)),
      { 'content-encoding': 'gzip' },
      413,
      'expected a body of at most 10485760 bytes',
    ],
  ])('is refused in the partner’s protocol: %s', async (_, body, headers, code, message) => {
    expect(await send(body, headers)).toMatchObject({
      status: code,
      body: { status: 'failure', error: { code, message: expect.stringContaining(message) } },
    });
  });
});

describe('an unknown endpoint', () => {
  it.each([
    'nobody/cohorts',
    'nobody/webhook',
    'mixpanel',
    'mixpanel/',
    'mixpanel/lists',
    'mixpanel/webhook/by/',
    'amplitude/lists/x',
    'amplitude/cohorts/users/x',
    'mixpanel/%2e%2e/webhook',
    '',
  ])('%j is answered 404', async (path) => {
    expect(await api.push(path, changes('cur_import_x', []))).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  it('an unknown list is answered 404', async () => {
    const unknown = 'list_0123456789abcdef01234567';
    for (const listId of [unknown, 'anything', 'a%2Fb']) {
      expect((await api.push(`amplitude/lists/${listId}/add`, { userIds: ['a'] }, bearer(amplitude))).status).toBe(404);
    }
  });
});

describe('a long push', () => {
  const ids = (count: number): string[] =>
    Array.from({ length: count }, (_, n) => `customer-${String(n).padStart(60, '0')}`);

  it('is stored whole, and is not parsed in one piece', async () => {
    const push = page('add_members', ids(20_000), { mixpanel_session_id: 'long' });
    expect(JSON.stringify(push).length).toBeGreaterThan(1_000_000);
    const [stored] = await added(async () =>
      expect((await api.push('mixpanel/webhook', push, basic('', mixpanel))).status).toBe(200),
    );
    expect(stored?.members).toHaveLength(20_000);
  });

  it.each([
    [
      'has more members than are read',
      JSON.stringify({ users: ids(50_001) }),
      /at most 50000 members in a push, got more/,
    ],
    ['is not JSON', JSON.stringify({ users: ids(10_000) }).slice(0, -1), /the body is not JSON/],
    ['nests too deep', `${'['.repeat(20)}${JSON.stringify(ids(10_000))}${']'.repeat(20)}`, /nests deeper/],
  ])('is refused when it %s', async (_what, body, message) => {
    const { status, text } = await api.push('amplitude/webhook', body, bearer(amplitude));
    expect([status, text]).toEqual([400, expect.stringMatching(message)]);
  });
});

it('two users whose ids are numbers beyond 2^53 are refused and not taken for one', async () => {
  const push = JSON.stringify(message(['a', 'b', 'good']))
    .replace('"a"', '9007199254740993')
    .replace('"b"', '9007199254740992');
  const [stored] = await added(async () =>
    expect((await api.push('amplitude/webhook', push, bearer(amplitude))).status).toBe(200),
  );
  expect(stored?.members).toEqual(['egood']);
});
