import { afterEach, expect, it } from 'vitest';
import { startAnswerLoss } from './answerLoss.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub;
afterEach(() => hub.stop());

it('a claim whose answer is lost is given back, and does not wait for the end of its lease', async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  const current = await hub.launch();
  await hub.take([event(), event()]);
  const { url, lost, close } = await startAnswerLoss(hub.databaseUrl, 'for update of d skip locked');
  await hub.startWorker({ databaseUrl: url });
  // The lease lasts 40 s.
  await until(
    () => hub.tally(current),
    ({ delivered }) => delivered === 2,
    15_000,
  );
  expect(lost()).toBe(1);
  const [delivery] = await hub.sql`select attempts from delivery where current_id = ${current}`;
  expect(delivery).toEqual({ attempts: 2 });
  close();
});
