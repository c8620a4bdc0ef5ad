import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProgram, type Program } from '../../src/hub/program.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from '../faults/faultHarness.js';

let harness: FaultHarness;
let stranger: Program;
const logLines: string[] = [];

/** A hub whose worker has another master key than its api. */
beforeAll(async () => {
  harness = await openFaultHarness({ workers: 1, startWorkers: false });
  const MASTER_KEY = randomBytes(32).toString('base64');
  stranger = await startProgram('worker', {
    environment: { ...harness.environment, MASTER_KEY },
    onLine: (text) => void logLines.push(text),
  });
});
afterAll(async () => {
  await stranger?.stop();
  await harness?.stop();
});

async function post(count: number): Promise<void> {
  const response = await fetch(`${harness.api.url()}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${harness.token}` },
    body: JSON.stringify({ events: events(count) }),
  });
  expect(response.status).toBe(200);
}

it('a worker with another master key blocks the Current with the reason, and loses no event', async () => {
  await post(10);
  const { block: blocked } = await until(
    () => harness.admin.stateOf(harness.current),
    ({ state }) => state === 'BLOCKED',
  );
  expect(blocked).toEqual({
    code: 'credentials_unreadable',
    detail: 'the stored credentials do not open with this MASTER_KEY; give them again',
  });
  await post(5);
  expect(await ledgerOf(harness.sql, harness.current)).toMatchObject({ selected: 15, pending: 15 });
  expect(harness.mixpanel.control.summary()).toMatchObject({ requests: 0 });
  expect(logLines.filter((text) => text.includes('"current.blocked"'))).toHaveLength(1);
});

it('the Current resumes automatically once its worker has the right master key', async () => {
  await stranger.stop();
  await Promise.all(harness.workers.map((worker) => worker.start()));
  // The first probe is due in a minute; this brings it forward.
  await harness.sql`update current set probe_at = now() where id = ${harness.current}`;
  await until(
    () => ledgerOf(harness.sql, harness.current),
    ({ delivered }) => delivered === 15,
  );
  expect(await harness.admin.stateOf(harness.current)).toEqual({ state: 'LIVE', block: null });
});
