import { describe, expect, it } from 'vitest';
import { lockTable } from '../startApi.js';
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

describe('when the database is gone', () => {
  it('every partner is told to come again, in its own shape', async () => {
    const door = await openPartnerDoor();
    const [mixpanel, amplitude] = [await door.makeKey('mixpanel'), await door.makeKey('amplitude')];
    try {
      expect((await door.push('mixpanel/webhook', page('add_members', ['a']), basic('', mixpanel))).status).toBe(200);
      expect((await door.push('amplitude/webhook', message(['a']), bearer(amplitude))).status).toBe(200);
      await door.loseDatabase();
      const answers = [
        await door.push('mixpanel/webhook', page('add_members', ['a']), basic('', mixpanel)),
        await door.push('amplitude/webhook', message(['a']), bearer(amplitude)),
        await door.push('mixpanel/cohorts/users', changes(mixpanel, [{ user_ids: ['a'] }])),
        await door.push('segment/cohorts/users', changes('cur_import_x', [{ user_ids: ['a'] }])),
      ];
      expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
        Array.from({ length: 4 }, () => [503, '7']),
      );
      expect(answers.map(({ body }) => body)).toEqual([
        { action: 'add_members', status: 'failure', error: { code: 503, message: expect.any(String) } },
        { error: expect.any(String) },
        { message: expect.any(String) },
        { message: expect.any(String) },
      ]);
    } finally {
      await door.close();
    }
  });
});

describe('when more comes in than can be stored', () => {
  it('who speaks the partner protocol is told that the cohort is locked, and comes again', async () => {
    const door = await openPartnerDoor({ queuedBytes: 0 });
    const key = await door.makeKey('mixpanel');
    try {
      const user_ids = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`);
      const answers = await whileStoreIsBusy(
        door,
        Array.from({ length: 8 }, () => () => door.push('mixpanel/cohorts', declaration(key, { extra: user_ids }))),
      );
      const locked = answers.filter(({ status }) => status !== 201);
      expect(locked.map(({ status, headers, body }) => [status, headers.get('retry-after'), body])).toContainEqual([
        423,
        '7',
        { message: expect.any(String) },
      ]);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 423]));
    } finally {
      await door.close();
    }
  });

  it('partners are told to come again, and what they were told is stored is', async () => {
    const door = await openPartnerDoor({ queuedBytes: 200_000 });
    const key = await door.makeKey('mixpanel');
    try {
      const members = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`);
      const answers = await whileStoreIsBusy(
        door,
        Array.from(
          { length: 30 },
          () => () => door.push('mixpanel/webhook', page('add_members', members), basic('', key)),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
      expect((await door.stored()).length).toBe(statuses.filter((status) => status === 200).length);
      expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('7');
    } finally {
      await door.close();
    }
  });
});

/** What is pushed while nothing can be stored; that is over once the first push has been answered. */
async function whileStoreIsBusy(
  door: PartnerDoor,
  pushes: readonly (() => Promise<Answer>)[],
): Promise<readonly Answer[]> {
  const gate = await lockTable(door.databaseUrl, 'cohort');
  const answers = pushes.map((push) => push());
  await Promise.race(answers);
  await gate.open();
  return Promise.all(answers);
}
