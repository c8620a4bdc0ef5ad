import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakePartner, fakeConnector, type FakePartner } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

/** The maximum number of requests in flight for one Current, as the connector declares it. */
const declared = 4;

let hub: Hub;
let partner: FakePartner;
let underWay: number;
let answerMs: number;
/** The maximum number of concurrent requests since its last reset. */
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

/** Stores more batches of one event than the test delivers. */
async function pileUp(): Promise<void> {
  for (let batch = 0; batch < 1_000; batch++) await hub.take([event()]);
}

/** The maximum number of concurrent requests until the partner has answered this many. */
async function maxWithin(requests: number): Promise<number> {
  await until(madeSince(partner.requests.length), (made) => made >= requests, 30_000);
  most = underWay;
  await until(madeSince(partner.requests.length), (made) => made >= requests, 30_000);
  return most;
}

/** Resolves once the declared number of requests is in flight. A busy machine makes answers slow for a while. */
async function untilAllInUse(): Promise<void> {
  most = underWay;
  await until(
    () => most,
    (requests) => requests >= declared,
    30_000,
  );
}

it('fewer requests are in flight when a partner slows down, even with a growing backlog', async () => {
  await pileUp();
  await hub.startWorker();
  await untilAllInUse();
  answerMs = 500;
  await until(madeSince(partner.requests.length), (made) => made >= 12, 30_000);
  expect(await maxWithin(4)).toBeLessThanOrEqual(2);
}, 60_000);

it('as many requests are in flight as before once a partner has refused some, which takes less time than to accept', async () => {
  await pileUp();
  answerMs = 1;
  partner.mood = { outcome: 'deferred', code: 'http_503', detail: 'no', afterMs: 1, scope: 'current' };
  await hub.startWorker();
  await until(madeSince(partner.requests.length), (made) => made >= 3, 30_000);
  answerMs = 120;
  await until(madeSince(partner.requests.length), (made) => made >= 2, 30_000);
  partner.mood = undefined;
  await maxWithin(15);
  expect(await maxWithin(15)).toBe(declared);
}, 60_000);

it('the declared number of requests holds with several workers, and after one has stopped', async () => {
  await pileUp();
  const [worker] = await Promise.all([hub.startWorker(), hub.startWorker(), hub.startWorker()]);
  const isShared = (requests: number): boolean => requests <= declared;
  await until(() => maxWithin(20), isShared, 30_000);
  expect(await maxWithin(40)).toSatisfy(isShared);
  await untilAllInUse();
  await worker?.stop();
  expect(await maxWithin(40)).toSatisfy(isShared);
  await untilAllInUse();
}, 60_000);
