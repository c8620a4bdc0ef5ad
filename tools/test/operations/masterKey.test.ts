import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from '../faults/faultHarness.js';
import { runNode } from './programs.js';

let harness: FaultHarness;

beforeAll(async () => {
  harness = await openFaultHarness({ workers: 1, startWorkers: false });
});
afterAll(() => harness?.stop());

it.each(['api', 'worker'])(
  'the %s with another master key says so in a sentence, and does not start',
  async (program) => {
    const MASTER_KEY = randomBytes(32).toString('base64');
    const { exitCode, output } = await runNode([`apps/${program}/dist/main.js`], {
      ...harness.environment,
      MASTER_KEY,
    });
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      new RegExp(
        `^${program}: MASTER_KEY is not the key that sealed the secrets in this database; set .*REPLACE_MASTER_KEY.*\n$`,
      ),
    );
    expect(output).not.toContain(MASTER_KEY);
  },
);

it('the Current is not touched by them, and goes on once a worker has the right one', async () => {
  const response = await fetch(`${harness.api.url()}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${harness.token}` },
    body: JSON.stringify({ events: events(10) }),
  });
  expect(response.status).toBe(200);
  expect(await harness.admin.stateOf(harness.current)).toEqual({ state: 'LIVE', block: null });
  await Promise.all(harness.workers.map((worker) => worker.start()));
  await until(
    () => ledgerOf(harness.sql, harness.current),
    ({ delivered }) => delivered === 10,
  );
  expect(await harness.admin.stateOf(harness.current)).toEqual({ state: 'LIVE', block: null });
});
