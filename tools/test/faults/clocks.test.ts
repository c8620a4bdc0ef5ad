import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { event } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from './faultHarness.js';

const preload = pathToFileURL(join(import.meta.dirname, '../../dist/chaos/clockPreload.js')).href;
const retryAfterSeconds = 3;

let harness: FaultHarness;
/** When the requests to a notice webhook were made, as they say. */
const saidAtMs: number[] = [];
const receiver = createServer((request, response) => {
  saidAtMs.push(Number(request.headers['webhook-timestamp']) * 1_000);
  response.end();
});
beforeAll(async () => {
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  harness = await openFaultHarness({ workers: 1, nodeOptions: [`--import=${preload}`] });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  await client().ask(
    `mutation ($url: String!) { createNoticeWebhook(input: { url: $url }) { ... on Problem { message } } }`,
    { url },
  );
}, 60_000);
afterAll(async () => {
  receiver.close();
  await harness?.stop();
});

const client = () => createAdminClient(harness.api.url(), harness.adminToken);

const sent = new Set<string>();
const attempts = () => harness.attempts.filter(({ deliveries }) => deliveries > 0).length;

it.each([
  ['ahead of', 3_600_000],
  ['behind', -3_600_000],
])(
  'a retry comes when it is due, and requests say when they were made, though the clocks of api and worker are an hour %s that of Postgres',
  async (_where, clockOffsetMs) => {
    const { api, workers, sql, mixpanel, current, token } = harness;
    for (const slot of [api, ...workers]) slot.tell({ clockOffsetMs });
    mixpanel.control.addFault({ action: { kind: 'flip429', times: 1, retryAfterSeconds } });
    const attemptsBefore = attempts();
    const { id } = event();
    sent.add(id);
    const response = await fetch(`${api.url()}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ events: [event({ id })] }),
    });
    expect(response.status).toBe(200);
    const [held] = await until(
      () => sql<{ waitMs: number | null }[]>`
        select extract(epoch from deferral_until - now())::float8 * 1000 as "waitMs" from current where id = ${current}`,
      ([row]) => typeof row?.waitMs === 'number',
    );
    expect(held?.waitMs).toBeGreaterThan(0);
    expect(held?.waitMs).toBeLessThanOrEqual(retryAfterSeconds * 1_000);

    // The api compares by Postgres' clock, too.
    const { event: found } = await client().ask<{
      event: { deliveries: readonly { status: string; wait: { reason: string; until: string } | null }[] };
    }>(
      `query ($id: String!) { event(eventId: $id) { ... on StoredEvent { deliveries { status wait { reason until } } } } }`,
      { id },
    );
    expect(found.deliveries).toMatchObject([{ status: 'PENDING', wait: { reason: 'CURRENT_DEFERRED' } }]);

    await harness.expectAllThere({ all: sent, acknowledged: sent, troubles: {} }, (retryAfterSeconds + 20) * 1_000);
    // One was refused, and none was made before its time.
    await until(
      () => Promise.resolve(attempts() - attemptsBefore),
      (count) => count >= 2,
    );
    expect(attempts() - attemptsBefore).toBe(2);

    // Receivers refuse what is minutes off.
    const saidBefore = saidAtMs.length;
    await client().ask('mutation { sendTestNotice(input: {}) { ... on Problem { message } } }');
    await until(
      () => Promise.resolve(saidAtMs.length),
      (count) => count > saidBefore,
    );
    expect(Math.abs((saidAtMs.at(-1) ?? 0) - Date.now())).toBeLessThan(60_000);
  },
  60_000,
);
