import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { block, createProber } from '../src/circuitBreaker.js';
import { openHub, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub;
beforeEach(async () => void (hub = await openHub(fakeConnector(createFakePartner()))));
afterEach(() => hub.stop());

it('what becomes due while it is probed is probed again as soon as that has ended', async () => {
  const current = await hub.launch();
  await block(hub.sql, 'current', current, { code: 'http_401', detail: 'the key is unknown' });
  const makeDue = () => hub.sql`update current set probe_at = now() where id = ${current}`;
  const stateOf = async () => (await hub.sql<{ state: string }[]>`select state from current where id = ${current}`)[0];
  const answers: ((outcome: string) => void)[] = [];
  const prober = createProber({
    sql: hub.sql,
    log: pino({ level: 'silent' }),
    table: 'current',
    subject: 'current',
    isPassed: (outcome) => outcome === 'passed',
    probe: () => new Promise((resolve) => answers.push((outcome) => resolve({ outcome }))),
  });

  await makeDue();
  await prober.start();
  expect(answers).toHaveLength(1);
  // As a change of the credentials does, which the request under way does not have yet.
  await makeDue();
  await prober.start();
  expect(answers).toHaveLength(1);
  answers[0]?.('refused');
  await prober.end();
  expect(await stateOf()).toEqual({ state: 'blocked' });

  await prober.start();
  expect(answers).toHaveLength(2);
  answers[1]?.('passed');
  await prober.end();
  expect(await stateOf()).toEqual({ state: 'live' });
});
