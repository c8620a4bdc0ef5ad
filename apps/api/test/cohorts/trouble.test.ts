import { describe, expect, it } from 'vitest';
import { lockTable } from '../startApi.js';
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

describe('while the database is down', () => {
  it('every push is answered 503 with Retry-After, in the partner’s protocol', async () => {
    const api = await openPartnerHarness();
    const [mixpanel, amplitude] = [await api.makeKey('mixpanel'), await api.makeKey('amplitude')];
    try {
      expect((await api.push('mixpanel/webhook', page('add_members', ['a']), basic('', mixpanel))).status).toBe(200);
      expect((await api.push('amplitude/webhook', message(['a']), bearer(amplitude))).status).toBe(200);
      await api.sql`insert into import_partner (name) values ('segment')`;
      await api.loseDatabase();
      const answers = [
        await api.push('mixpanel/webhook', page('add_members', ['a']), basic('', mixpanel)),
        await api.push('amplitude/webhook', message(['a']), bearer(amplitude)),
        await api.push('mixpanel/cohorts/users', changes(mixpanel, [{ user_ids: ['a'] }])),
        await api.push('segment/cohorts/users', changes('cur_import_x', [{ user_ids: ['a'] }])),
      ];
      expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
        Array.from({ length: 4 }, () => [503, '7']),
      );
      expect(answers.map(({ body }) => body)).toEqual([
        // Mixpanel's key is in memory, so its push is read.
        { action: 'add_members', status: 'failure', error: { code: 503, message: expect.any(String) } },
        { error: expect.any(String) },
        { message: expect.any(String) },
        { message: expect.any(String) },
      ]);
    } finally {
      await api.close();
    }
  });
});

describe('when pushes arrive faster than they can be stored', () => {
  it('the partner protocol answers that the cohort is locked, with Retry-After', async () => {
    const api = await openPartnerHarness({ maxQueuedBytes: 0 });
    const key = await api.makeKey('mixpanel');
    try {
      const user_ids = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`);
      const answers = await whileStoreIsBusy(
        api,
        Array.from({ length: 8 }, () => () => api.push('mixpanel/cohorts', declaration(key, { extra: user_ids }))),
      );
      const locked = answers.filter(({ status }) => status !== 201);
      expect(locked.map(({ status, headers, body }) => [status, headers.get('retry-after'), body])).toContainEqual([
        423,
        '7',
        { message: expect.any(String) },
      ]);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 423]));
    } finally {
      await api.close();
    }
  });

  it('pushes are answered 429 with Retry-After, and exactly the acknowledged ones are stored', async () => {
    const api = await openPartnerHarness({ maxQueuedBytes: 200_000 });
    const key = await api.makeKey('mixpanel');
    try {
      const members = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`);
      const answers = await whileStoreIsBusy(
        api,
        Array.from(
          { length: 30 },
          () => () => api.push('mixpanel/webhook', page('add_members', members), basic('', key)),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
      expect((await api.stored()).length).toBe(statuses.filter((status) => status === 200).length);
      expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('7');
    } finally {
      await api.close();
    }
  });
});

/** Runs the pushes while the store is locked, until the first of them has been answered. */
async function whileStoreIsBusy(
  api: PartnerHarness,
  pushes: readonly (() => Promise<Answer>)[],
): Promise<readonly Answer[]> {
  const gate = await lockTable(api.databaseUrl, 'cohort');
  const answers = pushes.map((push) => push());
  await Promise.race(answers);
  await gate.open();
  return Promise.all(answers);
}
