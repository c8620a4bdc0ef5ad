import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

/** What the connector declares as the most requests under way, over one Current. */
const declared = 4;

let hub: Hub;
let partner: FakePartner;
let underWay: number;
let answerMs: number;
/** The most requests under way at once since it was last set to 0. */
let most: number;

beforeEach(async () => {
  partner = createFakePartner();
  [underWay, most, answerMs] = [0, 0, 20];
  partner.delay = async () => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    underWay--;
  };
  hub = await openHub(fakeConnector(partner, { events: 1, requests: declared }));
  await hub.launch();
});
afterEach(() => hub.stop());

const madeSince = (before: number) => (): number => partner.requests.length - before;

/** More batches of one event than will be delivered meanwhile. */
async function pileUp(): Promise<void> {
  for (let batch = 0; batch < 600; batch++) await hub.take([event()]);
}

/** The most requests that are under way at once while so many are answered. */
async function maxWithin(requests: number): Promise<number> {
  await until(madeSince(partner.requests.length), (made) => made >= requests, 30_000);
  most = underWay;
  await until(madeSince(partner.requests.length), (made) => made >= requests, 30_000);
  return most;
}

it('requests under way become fewer while a partner slows down, although more and more waits', async () => {
  await pileUp();
  await hub.startWorker();
  expect(await maxWithin(40)).toBe(declared);
  answerMs = 500;
  await until(madeSince(partner.requests.length), (made) => made >= 12, 30_000);
  expect(await maxWithin(4)).toBeLessThanOrEqual(2);
}, 60_000);

it('several workers keep to what the connector declares together, and one that is left alone may use all of it', async () => {
  await pileUp();
  const [worker] = await Promise.all([hub.startWorker(), hub.startWorker(), hub.startWorker()]);
  expect(await maxWithin(60)).toBe(declared);
  await worker?.stop();
  expect(await maxWithin(60)).toBe(declared);
}, 60_000);
