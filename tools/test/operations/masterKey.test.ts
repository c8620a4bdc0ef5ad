import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProgram, type Program } from '../../src/hub/program.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { until } from '../endToEnd/until.js';
import { openLine, type Line } from '../faults/line.js';

let line: Line;
let stranger: Program;
const said: string[] = [];

/** A hub whose worker was started with another master key than its api. */
beforeAll(async () => {
  line = await openLine({ workers: 1, startWorkers: false });
  const MASTER_KEY = randomBytes(32).toString('base64');
  stranger = await startProgram('worker', {
    environment: { ...line.environment, MASTER_KEY },
    onLine: (text) => void said.push(text),
  });
});
afterAll(async () => {
  await stranger?.stop();
  await line?.stop();
});

async function post(count: number): Promise<void> {
  const response = await fetch(`${line.api.url()}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${line.token}` },
    body: JSON.stringify({ events: events(count) }),
  });
  expect(response.status).toBe(200);
}

it('a worker with another master key blocks the Current, says why, and loses nothing', async () => {
  await post(10);
  const { block: blocked } = await until(
    () => line.admin.stateOf(line.current),
    ({ state }) => state === 'BLOCKED',
  );
  expect(blocked).toEqual({
    code: 'credentials_unreadable',
    detail: 'the stored credentials do not open with this MASTER_KEY; give them again',
  });
  await post(5);
  expect(await ledgerOf(line.sql, line.current)).toMatchObject({ selected: 15, pending: 15 });
  expect(line.mixpanel.control.summary()).toMatchObject({ requests: 0 });
  expect(said.filter((text) => text.includes('"current.blocked"'))).toHaveLength(1);
});

it('the Current goes on by itself once its worker has the right one', async () => {
  await stranger.stop();
  await Promise.all(line.workers.map((worker) => worker.start()));
  // The first probe is a minute away; bring it forward.
  await line.sql`update current set probe_at = now() where id = ${line.current}`;
  await until(
    () => ledgerOf(line.sql, line.current),
    ({ delivered }) => delivered === 15,
  );
  expect(await line.admin.stateOf(line.current)).toEqual({ state: 'LIVE', block: null });
});
