import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  basic,
  bearer,
  changes,
  declaration,
  message,
  openPartnerHarness,
  page,
  type Answer,
  type PartnerHarness,
} from './partnerHarness.js';

let api: PartnerHarness;
beforeAll(async () => {
  api = await openPartnerHarness();
});
afterAll(() => api.close());

/** Every way to push with a key; `undefined` sends none. */
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
      api.push('mixpanel/webhook', page('add_members', ['customer-1']), key === undefined ? {} : basic('x', key)),
    // The key is checked before the body is read, so the action is not known, except of a key revoked meanwhile.
    refusal: expect.objectContaining({
      status: 'failure',
      error: { code: 401, message: expect.any(String) },
    }) as object,
  },
  'Amplitude’s webhook': {
    partner: 'amplitude',
    good: 200,
    push: (key) => api.push('amplitude/webhook', message(['customer-1']), key === undefined ? {} : bearer(key)),
    refusal: { error: expect.any(String) },
  },
  'Amplitude’s lists': {
    partner: 'amplitude',
    good: 200,
    push: (key) => api.push('amplitude/lists', { name: 'Buyers: c1' }, key === undefined ? {} : basic(key, '')),
    refusal: { error: expect.any(String) },
  },
  'the partner protocol': {
    partner: 'mixpanel',
    good: 201,
    push: (key) => api.push('mixpanel/cohorts', declaration(key as never)),
    refusal: { message: expect.any(String) },
  },
  'the partner protocol, of an unknown partner': {
    partner: 'amplitude',
    good: 201,
    push: (key) => api.push('amplitude/cohorts/users', changes(key as never, [])),
    refusal: { message: expect.any(String) },
  },
};

describe.each(Object.entries(ways))('%s', (_, { partner, good, push, refusal }) => {
  it('accepts every valid key, and no other', async () => {
    const [one, two] = [await api.makeKey(partner), await api.makeKey(partner)];
    const ofAnother = await api.makeKey(partner === 'mixpanel' ? 'amplitude' : 'mixpanel');
    expect([(await push(one)).status, (await push(two)).status]).toEqual([good, good]);
    for (const key of [undefined, 'cur_import_guess', ofAnother]) {
      const { status, body, text } = await push(key);
      expect([status, body]).toEqual([401, refusal]);
      if (key !== undefined) expect(text).not.toContain(key);
    }
  });

  it('accepts a key with the blanks that were pasted with it at the partner', async () => {
    expect((await push(` ${await api.makeKey(partner)}\t`)).status).toBe(good);
  });

  it('refuses a revoked key in the partner’s protocol, and accepts the others', async () => {
    const [kept, lost] = [await api.makeKey(partner), await api.makeKey(partner)];
    expect((await push(lost)).status).toBe(good);
    await api.invalidateKey(lost);
    await expect.poll(async () => (await push(lost)).status, { timeout: 1_000, interval: 10 }).toBe(401);
    expect((await push(lost)).body).toEqual(refusal);
    expect((await push(kept)).status).toBe(good);
  });

  it('accepts a key that is revoked in the future, and not one revoked in the past', async () => {
    const hourMs = 3_600_000;
    expect((await push(await api.makeKey(partner, Date.now() + hourMs))).status).toBe(good);
    expect((await push(await api.makeKey(partner, Date.now() - 1))).status).toBe(401);
  });
});

it('a key is valid until the moment at which it is revoked', async () => {
  const endsMs = Date.now() + 1_000;
  const key = await api.makeKey('mixpanel', endsMs);
  for (;;) {
    const fromMs = Date.now();
    const { status } = await api.push('mixpanel/webhook', page('add_members', []), basic('', key));
    // Both sides use one clock, which is read in whole milliseconds.
    if (status === 401) {
      expect(Date.now()).toBeGreaterThanOrEqual(endsMs);
      break;
    }
    expect([status, fromMs <= endsMs + 1]).toEqual([200, true]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

it('the partner key is checked only if PARTNER_API_KEY is set', async () => {
  const strict = await openPartnerHarness({ partnerKey: 'hub-partner-key' });
  try {
    const key = await strict.makeKey('mixpanel');
    const ask = (partner_api_key: unknown) => strict.push('mixpanel/cohorts', declaration(key, { partner_api_key }));
    expect((await ask('hub-partner-key')).status).toBe(201);
    for (const other of ['other', '', undefined, 7])
      expect(await ask(other)).toMatchObject({
        status: 401,
        body: { message: expect.stringContaining('PARTNER_API_KEY') },
      });
    // This protocol has no partner key.
    expect((await strict.push('mixpanel/webhook', page('add_members', []), basic('', key))).status).toBe(200);
  } finally {
    await strict.close();
  }
});
