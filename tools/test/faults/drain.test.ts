import { Agent, request } from 'node:http';
import { connect } from '@currents/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { events } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from './faultHarness.js';

let harness: FaultHarness;
beforeEach(async () => {
  harness = await openFaultHarness({ workers: 1, environment: { REQUEST_TIMEOUT_SECONDS: '20' } });
});
afterEach(() => harness?.stop());

const leased = async () =>
  (await harness.sql<{ n: number }[]>`select count(*)::int as n from delivery where lease is not null`)[0]?.n;

it('a worker that is stopped under load finishes its attempts, and leaves no delivery leased', async () => {
  const [worker] = harness.workers;
  harness.mixpanel.control.addFault({ action: { kind: 'delay', ms: 400 } });
  const load = harness.startLoad();
  for (let stops = 0; stops < 3; stops++) {
    await until(leased, (deliveries) => Number(deliveries) > 0);
    expect(await worker?.stop()).toBe('exit code 0');
    expect(await leased()).toBe(0);
    await worker?.start();
  }
  const sent = await load.stop();
  // A lease would expire later than this.
  await harness.expectAllThere(sent, 20_000);
  expect(harness.mixpanel.control.summary().duplicates).toBe(0);
}, 90_000);

it('an api that is stopped answers all received requests, and then ends', async () => {
  const gate = await lockTables();
  const batches = Array.from({ length: 20 }, () => events(10));
  const begun = batches.map((batch) => begin(JSON.stringify({ events: batch })));
  await Promise.all(begun.map(({ sent }) => sent));
  await until(gate.waiting, (commits) => commits > 0);
  // Once a later request is answered, the earlier ones have been read.
  await fetch(`${harness.api.url()}/healthz`);
  const stopped = harness.api.stop();
  await until(
    () =>
      fetch(`${harness.api.url()}/healthz`).then(
        () => 'open',
        () => 'closed',
      ),
    (state) => state === 'closed',
  );
  await gate.open();
  expect(await Promise.all(begun.map(({ status }) => status))).toEqual(batches.map(() => 200));
  expect(await stopped).toBe('exit code 0');
  const ids = new Set(batches.flat().map(({ id }) => id));
  await harness.expectAllThere({ all: ids, acknowledged: ids, troubles: {} }, 20_000);
}, 60_000);

/** Sends a request over a separate connection that is kept open afterwards, as senders do. */
function begin(body: string): { readonly sent: Promise<void>; readonly status: Promise<number> } {
  const call = request(`${harness.api.url()}/v1/events`, {
    method: 'POST',
    agent: new Agent({ keepAlive: true }),
    headers: { authorization: `Bearer ${harness.token}` },
  });
  const status = new Promise<number>((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)));
  });
  return { sent: new Promise((resolve) => call.end(body, () => resolve())), status };
}

/** Blocks every commit until it is opened. */
async function lockTables() {
  const own = connect(harness.environment.DATABASE_URL, { max: 1, name: 'gate' });
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let held: Promise<unknown> = Promise.resolve();
  await new Promise<void>((locked) => {
    held = own.begin(async (tx) => {
      await tx`lock table request in exclusive mode`;
      locked();
      await opened;
    });
  });
  return {
    waiting: async () =>
      (
        await harness.sql<
          { n: number }[]
        >`select count(*)::int as n from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`
      )[0]?.n ?? 0,
    async open() {
      open();
      await held;
      await own.end();
    },
  };
}
