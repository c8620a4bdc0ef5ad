import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  basic,
  bearer,
  changes,
  declaration,
  message,
  openPartnerDoor,
  page,
  type Answer,
  type PartnerDoor,
} from './partnerHarness.js';

let door: PartnerDoor;
beforeAll(async () => {
  door = await openPartnerDoor();
});
afterAll(() => door.close());

/** Every way to push, each with a key; `undefined` shows none. */
const ways: Readonly<
  Record<
    string,
    {
      readonly partner: string;
      readonly good: number;
      push(key: string | undefined): Promise<Answer>;
      readonly refusal: object;
    }
  >
> = {
  'Mixpanel’s webhook': {
    partner: 'mixpanel',
    good: 200,
    push: (key) =>
      door.push('mixpanel/webhook', page('add_members', ['customer-1']), key === undefined ? {} : basic('x', key)),
    refusal: { action: 'add_members', status: 'failure', error: { code: 401, message: expect.any(String) } },
  },
  'Amplitude’s webhook': {
    partner: 'amplitude',
    good: 200,
    push: (key) => door.push('amplitude/webhook', message(['customer-1']), key === undefined ? {} : bearer(key)),
    refusal: { error: expect.any(String) },
  },
  'Amplitude’s lists': {
    partner: 'amplitude',
    good: 200,
    push: (key) => door.push('amplitude/lists', { name: 'Buyers: c1' }, key === undefined ? {} : basic(key, '')),
    refusal: { error: expect.any(String) },
  },
  'the partner protocol': {
    partner: 'mixpanel',
    good: 201,
    push: (key) => door.push('mixpanel/cohorts', declaration(key as never)),
    refusal: { message: expect.any(String) },
  },
  'the partner protocol, of nobody': {
    partner: 'amplitude',
    good: 201,
    push: (key) => door.push('amplitude/cohorts/users', changes(key as never, [])),
    refusal: { message: expect.any(String) },
  },
};

describe.each(Object.entries(ways))('%s', (_, { partner, good, push, refusal }) => {
  it('takes every good key, and no other', async () => {
    const [one, two] = [await door.makeKey(partner), await door.makeKey(partner)];
    const ofAnother = await door.makeKey(partner === 'mixpanel' ? 'amplitude' : 'mixpanel');
    expect([(await push(one)).status, (await push(two)).status]).toEqual([good, good]);
    for (const key of [undefined, 'cur_import_guess', ofAnother]) {
      const { status, body, text } = await push(key);
      expect([status, body]).toEqual([401, refusal]);
      if (key !== undefined) expect(text).not.toContain(key);
    }
  });

  it('refuses a key that has been invalidated, in the partner’s shape, and keeps the others', async () => {
    const [kept, lost] = [await door.makeKey(partner), await door.makeKey(partner)];
    expect((await push(lost)).status).toBe(good);
    await door.invalidateKey(lost);
    await expect.poll(async () => (await push(lost)).status, { timeout: 1_000, interval: 10 }).toBe(401);
    expect((await push(lost)).body).toEqual(refusal);
    expect((await push(kept)).status).toBe(good);
  });

  it('takes a key whose end lies ahead, and not one whose end has come', async () => {
    const hourMs = 3_600_000;
    expect((await push(await door.makeKey(partner, Date.now() + hourMs))).status).toBe(good);
    expect((await push(await door.makeKey(partner, Date.now() - 1))).status).toBe(401);
  });
});

it('a key is good up to the very moment at which it ends', async () => {
  const endsMs = Date.now() + 1_000;
  const key = await door.makeKey('mixpanel', endsMs);
  for (;;) {
    const fromMs = Date.now();
    const { status } = await door.push('mixpanel/webhook', page('add_members', []), basic('', key));
    // One clock for both, and a little for its being read in whole milliseconds.
    if (status === 401) {
      expect(Date.now()).toBeGreaterThanOrEqual(endsMs);
      break;
    }
    expect([status, fromMs <= endsMs + 1]).toEqual([200, true]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

it('a partner’s own key is looked at only if the operator has set one', async () => {
  const strict = await openPartnerDoor({ partnerKey: 'hub-partner-key' });
  try {
    const key = await strict.makeKey('mixpanel');
    const ask = (partner_api_key: unknown) => strict.push('mixpanel/cohorts', declaration(key, { partner_api_key }));
    expect((await ask('hub-partner-key')).status).toBe(201);
    for (const other of ['other', '', undefined, 7])
      expect(await ask(other)).toMatchObject({
        status: 401,
        body: { message: expect.stringContaining('PARTNER_API_KEY') },
      });
    // Where a protocol has no such key, there is nothing to look at.
    expect((await strict.push('mixpanel/webhook', page('add_members', []), basic('', key))).status).toBe(200);
  } finally {
    await strict.close();
  }
});
