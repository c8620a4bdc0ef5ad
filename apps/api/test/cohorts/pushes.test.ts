import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  basic,
  bearer,
  changes,
  declaration,
  message,
  openPartnerDoor,
  page,
  type PartnerDoor,
} from './partnerHarness.js';

let door: PartnerDoor;
let mixpanel: string;
let amplitude: string;
beforeAll(async () => {
  door = await openPartnerDoor();
  [mixpanel, amplitude] = [await door.makeKey('mixpanel'), await door.makeKey('amplitude')];
});
afterAll(() => door.close());

/** What a push adds to what is stored. */
async function added(push: () => Promise<unknown>) {
  const before = (await door.stored()).length;
  await push();
  return (await door.stored()).slice(before);
}

describe('a push is stored before it is answered', () => {
  it('of Mixpanel’s webhook', async () => {
    const push = page('add_members', ['customer-1']);
    expect(
      await added(async () => {
        const { status, body } = await door.push('mixpanel/webhook', push, basic('anybody', mixpanel));
        expect([status, body]).toEqual([200, { action: 'add_members', status: 'success' }]);
      }),
    ).toEqual([{ kind: 'add', partner_id: '678', members: ['ecustomer-1'] }]);
    // The same page once more is taken for what it is.
    expect(await added(() => door.push('mixpanel/webhook', push, basic('anybody', mixpanel)))).toEqual([]);
  });

  it('of Mixpanel’s webhook, by a property that the address names', async () => {
    const members = [{ mixpanel_distinct_id: 'x', 'CRM id': 'crm-1' }, { mixpanel_distinct_id: 'y' }];
    const stored = await added(() =>
      door.push('mixpanel/webhook/by/CRM%20id', page('members', [], { members }), basic('', mixpanel)),
    );
    expect(stored).toEqual([{ kind: 'replace', partner_id: '678', members: ['ecrm-1'] }]);
  });

  it('of Amplitude’s webhook', async () => {
    const push = message(['customer-1', '']);
    const stored = await added(async () => {
      for (let time = 0; time < 3; time++)
        expect((await door.push('amplitude/webhook', push, bearer(amplitude))).status).toBe(200);
    });
    expect(stored).toEqual([{ kind: 'add', partner_id: '7khm89cz', members: ['ecustomer-1'] }]);
  });

  it('of Amplitude’s lists', async () => {
    const name = '[Amplitude] Step 2: buyers: c2';
    const made = await door.push('amplitude/lists', { name }, basic(amplitude, ''));
    expect(made).toMatchObject({
      status: 200,
      body: { listId: expect.stringMatching(/^\S+$/), list_id: made.body.listId },
    });
    expect(
      (await door.push('amplitude/lists', { name: '[Amplitude] Renamed: c2' }, basic(amplitude, ''))).body.listId,
    ).toBe(made.body.listId);
    const list = `amplitude/lists/${made.body.listId}`;
    const stored = await added(async () => {
      expect(
        (await door.push(`${list}/add`, { userIds: ['customer-1', 'customer-2'] }, bearer(amplitude))).status,
      ).toBe(200);
      expect((await door.push(`${list}/remove/`, { userIds: ['customer-2'] }, bearer(amplitude))).status).toBe(200);
    });
    expect(stored).toEqual([
      { kind: 'add', partner_id: 'c2', members: ['ecustomer-1', 'ecustomer-2'] },
      { kind: 'remove', partner_id: 'c2', members: ['ecustomer-2'] },
    ]);
  });

  it('of the partner protocol, whoever the partner is', async () => {
    await door.sql`insert into import_partner (name) values ('segment')`;
    for (const partner of ['mixpanel', 'amplitude', 'segment']) {
      const key = await door.makeKey(partner);
      const stored = await added(async () => {
        expect(await door.push(`${partner}/cohorts`, declaration(key))).toMatchObject({
          status: 201,
          text: '{"message":"success"}',
        });
        const moves = [
          { user_ids: ['customer-1'], device_ids: ['d'], aliases: [{ alias_name: 'n', alias_label: 'l' }] },
          { user_ids: ['customer-2'], should_remove: true },
        ];
        expect(await door.push(`${partner}/cohorts/users`, changes(key, moves))).toMatchObject({
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

  it('of nobody, which is how partners try a key', async () => {
    expect(await door.push('mixpanel/cohorts/users', changes(mixpanel, [], { cohort_id: 'dummy' }))).toMatchObject({
      status: 201,
    });
  });
});

describe('a body', () => {
  const send = (body: unknown, headers: Record<string, string> = {}) =>
    door.push('mixpanel/webhook', body, { ...basic('', mixpanel), ...headers });

  it.each([
    ['zipped', () => gzipSync(JSON.stringify(page('add_members', ['a']))), { 'content-encoding': 'gzip' }],
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
  ])('is taken: %s', async (_, body, headers) => {
    expect((await send(body(), headers)).status).toBe(200);
  });

  it.each([
    ['half JSON', '{"action":"members",', {}, 400, 'the body is not JSON'],
    ['nothing', '', {}, 400, 'the body is not JSON'],
    ['what is not zipped, as zipped', '{}', { 'content-encoding': 'gzip' }, 400, 'not valid gzip'],
    ['another packing', '{}', { 'content-encoding': 'br' }, 400, 'expected content-encoding gzip'],
    ['too much', 'x'.repeat(11_000_000), {}, 413, 'expected a body of at most 10485760 bytes'],
    [
      'too much, once unpacked',
      gzipSync('x'.repeat(11_000_000)),
      { 'content-encoding': 'gzip' },
      413,
      'expected a body of at most 10485760 bytes',
    ],
  ])('is refused in the partner’s shape: %s', async (_, body, headers, code, message) => {
    expect(await send(body, headers)).toMatchObject({
      status: code,
      body: { status: 'failure', error: { code, message: expect.stringContaining(message) } },
    });
  });
});

describe('where nothing is', () => {
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
    expect(await door.push(path, changes('cur_import_x', []))).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  it('an unknown list is one that is not there', async () => {
    const unknown = 'list_0123456789abcdef01234567';
    for (const listId of [unknown, 'anything', 'a%2Fb']) {
      expect((await door.push(`amplitude/lists/${listId}/add`, { userIds: ['a'] }, bearer(amplitude))).status).toBe(
        404,
      );
    }
  });
});
