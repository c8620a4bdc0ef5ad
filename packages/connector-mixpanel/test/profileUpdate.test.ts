import { recordRequest } from '@currents/connector';
import { itemsOf, jsonAnswer, scriptedHttp } from '@currents/connector/conformance';
import { mixpanel } from '@currents/connector-mixpanel';
import { sampleOf } from '@currents/schema';
import { describe, expect, it } from 'vitest';

const update = sampleOf('users.profile.Update');
const settings = mixpanel.settings.parse({ region: 'eu', profileUpdates: true });
const token = '9f2c41d07be84a6f8c35e1a2d7460b9e';
const credentials = mixpanel.credentials.parse({ kind: 'projectToken', token });
const account = mixpanel.credentials.parse({ kind: 'serviceAccount', username: 'hub', secret: 'x', projectId: '1' });
const user = update.user.external_user_id;

function withAttributes(attributes: unknown, more: Readonly<Record<string, unknown>> = {}) {
  return { ...update, properties: { custom_attributes: JSON.stringify(attributes), ...more } };
}

const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('an update of a profile', () => {
  it('is skipped unless the Current asks for it', () => {
    const usual = mixpanel.settings.parse({ region: 'us' });
    expect(mixpanel.map(update, usual)).toEqual({ skip: 'profile_updates_off' });
    expect(mixpanel.rateLimit(usual).routes).toBeUndefined();
  });

  it('sets what changed about the user, under Mixpanel’s own names where it has them', () => {
    expect(mixpanel.map(update, settings)).toEqual({
      route: 'profiles',
      payload: {
        $distinct_id: user,
        $set: {
          $first_name: 'Ingrid',
          $last_name: 'Solberg',
          $email: 'ingrid@example.com',
          $phone: '+4755512345',
          dob: '1991-04-23',
          home_city: 'Bergen',
          gender: 'F',
          country: 'NO',
          language: 'nb',
          '[Custom attribute] favourite_roast': 'medium',
          '[Custom attribute] bags_bought': 7,
        },
      },
    });
  });

  it('that is replayed sets only what is not set', () => {
    const mapped = mixpanel.map(update, settings, true);
    const first = mixpanel.map(update, settings);
    if (!('payload' in mapped) || !('payload' in first) || !('$set' in first.payload))
      throw new Error('expected payloads');
    expect(mapped.payload).toEqual({ $distinct_id: user, $set_once: first.payload.$set });
  });

  it.each([
    [
      'names of operations and of the prototype',
      { $unset: { a: 1 }, ['__proto__']: 2 },
      { '[Custom attribute] $unset': { a: 1 }, '[Custom attribute] __proto__': 2 },
    ],
    ['false, zero, an empty text and null', { a: false, b: 0, c: '', d: null }, { a: false, b: 0, c: '', d: null }],
  ])('keeps %s', (_name, attributes, kept) => {
    const mapped = mixpanel.map(withAttributes(attributes), settings);
    if (!('payload' in mapped) || !('$set' in mapped.payload)) throw new Error('expected a payload');
    const plain = Object.entries(mapped.payload.$set ?? {}).map(([name, value]) => [
      name.replace(/^\[Custom attribute\] (?![$_])/, ''),
      value,
    ]);
    expect(Object.fromEntries(plain)).toEqual(kept);
  });

  it('does not pass on names that Mixpanel reserves', () => {
    const mapped = mixpanel.map({ ...update, properties: { $ip: '10.0.0.1', mp_lib: 'x', gender: 'F' } }, settings);
    expect(mapped).toMatchObject({ payload: { $set: { gender: 'F' } } });
    expect(JSON.stringify(mapped)).not.toMatch(/\$ip|mp_lib/);
  });

  it('without a change is skipped', () => {
    const about = { time_ms: 1, update_source: 'api', app_id: 'a', home_city: null };
    expect(mixpanel.map({ ...update, properties: about }, settings)).toEqual({ skip: 'profile_unchanged' });
  });

  it.each([
    ['no external id', { device_id: 'd' }, { skip: 'no_external_user_id' }],
    ['a placeholder', { external_user_id: 'null' }, { reject: 'distinct_id_not_allowed' }],
    ['an id that Mixpanel would cut', { external_user_id: 'x'.repeat(256) }, { reject: 'distinct_id_too_long' }],
  ])('of a user with %s is treated as an event is', (_name, ids, expected) => {
    expect(mixpanel.map({ ...update, user: ids }, settings)).toMatchObject(expected);
  });

  it('may hold a list of 256 KB, and shortens a longer one', () => {
    const list = (bytes: number) => Array.from({ length: 200 }, () => 'x'.repeat(bytes / 200));
    const fits = mixpanel.map(withAttributes({ visits: list(200_000) }), settings);
    expect(fits).toMatchObject({ payload: { $set: { '[Custom attribute] visits': list(200_000) } } });
    const mapped = mixpanel.map(withAttributes({ visits: list(400_000) }), settings);
    if (!('payload' in mapped) || !('$set' in mapped.payload)) throw new Error('expected a payload');
    const { currents_shortened: shortened } = mapped.payload.$set ?? {};
    expect(shortened).toEqual([expect.stringMatching(/^\[Custom attribute\] visits: 1\d\d of 200$/)]);
  });

  it('beyond Mixpanel’s limits is rejected, or leaves out the property', () => {
    const deep = withAttributes({ plan: 'gold', deep: [[[[[1]]]]] });
    const nested = { deep: { a: { b: { c: [{ d: 1 }] } } }, plan: 'gold' };
    const many = withAttributes(Object.fromEntries(Array.from({ length: 2_100 }, (_, n) => [`attribute ${n}`, n])));
    const leavingOut = mixpanel.settings.parse({ ...settings, unfitProperties: 'leave_out' });
    expect(mixpanel.map(many, settings)).toMatchObject({ reject: 'too_many_properties' });
    const left = mixpanel.map(many, leavingOut);
    if (!('payload' in left) || !('$set' in left.payload)) throw new Error('expected a payload');
    expect(Object.keys(left.payload.$set ?? {})).toHaveLength(1_999);
    expect(left.payload.$set?.['currents_left_out']).toHaveLength(21);
    for (const each of [deep, withAttributes(nested)])
      expect(mixpanel.map(each, leavingOut)).toMatchObject({
        payload: { $set: { '[Custom attribute] plan': 'gold' } },
      });
  });
});

describe('a request with updates of profiles', () => {
  const items = itemsOf(mixpanel, settings, 2, 'profiles');

  it('has the token in each, is not compressed, and asks for each failure', async () => {
    const http = scriptedHttp(jsonAnswer(200, { status: 1, error: null }));
    const results = await mixpanel.send(items, { settings, credentials, http });
    expect(results).toEqual(items.map(({ id }) => ({ id, outcome: 'delivered' })));
    expect(http.requests).toMatchObject([
      { method: 'POST', url: 'https://api-eu.mixpanel.com/engage?ip=0&strict=1&verbose=1', gzip: false },
    ]);
    expect(JSON.parse(http.requests[0]?.body ?? '')).toEqual(
      items.map(({ payload }) => asSent({ $token: token, ...payload })),
    );
  });

  it('is previewed with its own address, without the token', async () => {
    const recorded = await recordRequest(mixpanel, items, { settings, credentials });
    expect(recorded).toMatchObject({ url: 'https://api-eu.mixpanel.com/engage?ip=0&strict=1&verbose=1' });
    expect(recorded?.body).toContain('"$token":"[hidden]"');
    expect(JSON.stringify(recorded)).not.toContain(token);
  });

  it('is not made with other credentials than a token: the Current is blocked, and its test says so', async () => {
    const http = scriptedHttp();
    const results = await mixpanel.send(items, { settings, credentials: account, http });
    expect(results).toMatchObject(items.map(() => ({ outcome: 'blocked', code: 'project_token_needed' })));
    expect(await mixpanel.test({ settings, credentials: account, http })).toMatchObject({
      outcome: 'refused',
      code: 'project_token_needed',
    });
  });

  it.each([
    ['a failure of all', { status: 0, error: 'no token' }, 'split', 'bad_request', 'HTTP 200: no token'],
    ['an error beside a success', { status: 1, error: 'odd' }, 'split', 'bad_request', 'HTTP 200: odd'],
    ['failures without a place', { status: 1, failed_records: ['one'] }, 'split', 'unclear_answer', 'none is named'],
    ['another server', { hello: 1 }, 'deferred', 'unreadable_answer', 'not from Mixpanel'],
  ])('answered with %s', async (_name, body, outcome, code, words) => {
    const results = await mixpanel.send(items, { settings, credentials, http: scriptedHttp(jsonAnswer(200, body)) });
    for (const result of results)
      expect(result).toMatchObject({ outcome, code, detail: expect.stringContaining(words) });
  });

  it('of which one is refused rejects that one with its reason, without the user’s id', async () => {
    const record = { index: 1, insert_id: '', field: '$set', message: `too much for ${user}` };
    const answer = jsonAnswer(200, { code: 400, failed_records: [record], num_records_imported: 1 });
    const [first, second] = await mixpanel.send(items, { settings, credentials, http: scriptedHttp(answer) });
    expect(first).toMatchObject({ outcome: 'delivered' });
    expect(second).toMatchObject({ outcome: 'rejected', code: 'rejected_by_mixpanel' });
    expect(JSON.stringify(second)).toContain('$set: too much for');
    expect(JSON.stringify(second)).not.toContain(user);
  });
});
