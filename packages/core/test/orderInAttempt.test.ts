import type { Connector, Item, SendOutcome, SendResult } from '@currents/connector';
import { z } from 'zod';
import { afterEach, expect, it } from 'vitest';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector, type FakePayload } from './fakeConnector.js';

let hub: Hub;
afterEach(() => hub.stop());

const delivered: SendOutcome = { outcome: 'delivered' };
const later = (afterMs: number): SendOutcome => ({
  outcome: 'deferred',
  code: 'later',
  detail: 'later',
  afterMs,
  scope: 'event',
});

/**
 * Two events wait for the same moment. The first one is then to be sent again at once, while the second one is sent; a
 * later event of the first one's user was put behind both when the attempt began.
 */
it('an event that is to be sent again holds back later events of its user, in the same attempt too', async () => {
  const arrived: string[] = [];
  const tries = new Map<string, number>();
  let dueAtMs = 0;
  const answer = (id: string): SendOutcome => {
    const number = (tries.get(id) ?? 0) + 1;
    tries.set(id, number);
    // Keeps somebody waiting, so that the order matters.
    if (id === 'never') return later(60_000);
    if (number === 1 && id !== 'next') return later((dueAtMs ||= Date.now() + 1_500) - Date.now());
    if (number === 2 && id === 'first') return later(0);
    arrived.push(id);
    return delivered;
  };
  const connector: Connector = {
    ...fakeConnector(createFakePartner()),
    settings: z.strictObject({ region: z.string() }),
    map: ({ id, user }) => ({ payload: { id, user: user.external_user_id } }),
    // The bytes make each event a request of its own.
    rateLimit: () => ({
      maxEvents: 20,
      maxBytes: 10,
      maxEventBytes: 1_000,
      wrapBytes: 2,
      maxConcurrentRequests: 1,
      budgets: [],
    }),
    send: (items: readonly Item<FakePayload>[]) =>
      Promise.resolve(items.map(({ id }): SendResult => ({ id, ...answer(id) }))),
  };
  hub = await openHub(connector);
  const current = await hub.launch();
  const of = (id: string, user: string) => event('', { id, user: { external_user_id: user } });
  await hub.take([of('never', 'z')]);
  await hub.take([of('first', 'a'), of('second', 'b')]);
  await hub.startWorker();
  await until(
    () => tries.get('second'),
    (count) => count === 1,
  );
  await hub.take([of('next', 'a')]);
  await until(
    () => hub.tally(current),
    ({ delivered: count }) => count === 3,
    15_000,
  );
  expect(arrived.indexOf('next')).toBeGreaterThan(arrived.indexOf('first'));
}, 30_000);
