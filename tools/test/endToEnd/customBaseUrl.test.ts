import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProgram } from '../../src/hub/program.js';
import { createAdmin } from './admin.js';
import { events } from './events.js';
import { ledgerOf } from './ledger.js';
import { tokenOf } from './testEnvironment.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

const project = 'elsewhere';
let hub: TestHub;
let current: number;

/** A hub without permission for custom base URLs, with a Current created while they were allowed. */
beforeAll(async () => {
  hub = await startTestHub({ projects: [project], environment: { ALLOW_CUSTOM_BASE_URL: 'false' } });
  await expect(hub.launch(project)).rejects.toThrow('ALLOW_CUSTOM_BASE_URL');
  const generous = await startProgram('api', {
    environment: { ...hub.environment, ALLOW_CUSTOM_BASE_URL: 'true' },
    onLine: () => undefined,
  });
  const admin = createAdmin(generous.url, hub.hub.adminToken ?? '');
  current = await admin.launch({ name: project, baseUrl: hub.mixpanel.url, token: tokenOf(project) });
  await generous.stop();
});
afterAll(() => hub?.stop());

/** Fails with what the api logged, such as the error of its database, when the events were not stored. */
async function post(count: number): Promise<void> {
  const { status, body } = await hub.post(events(count));
  if (status === 200) return;
  const lines = await until(
    () => hub.complaints,
    (complaints) => complaints.some((line) => line.includes('"ingest.failed"')),
  ).catch(() => hub.complaints);
  expect.fail(`the events were answered ${status}: ${JSON.stringify(body)}\n${lines.join('\n')}`);
}

it('a Current with a custom base URL is blocked and keeps its events while the operator does not allow that', async () => {
  await post(10);
  const { block: blocked } = await until(
    () => hub.admin.stateOf(current),
    ({ state }) => state === 'BLOCKED',
  );
  expect(blocked).toEqual({ code: 'base_url_not_allowed', detail: expect.stringContaining('ALLOW_CUSTOM_BASE_URL') });
  await post(5);
  expect(await ledgerOf(hub.sql, current)).toMatchObject({ selected: 15, pending: 15 });
});

it('no request is sent to that base URL, not even a probe', async () => {
  expect(await hub.admin.probe(current)).toBe('InputInvalid');
  await hub.sql`update current set probe_at = now() where id = ${current}`;
  await until(
    () => hub.sql<{ probes: number }[]>`select probes from current where id = ${current}`,
    ([row]) => Number(row?.probes) > 0,
  );
  expect(hub.mixpanel.control.summary()).toMatchObject({ requests: 0 });
  expect(await hub.admin.stateOf(current)).toMatchObject({ state: 'BLOCKED' });
});
