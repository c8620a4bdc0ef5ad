import { afterAll, beforeAll, expect, it } from 'vitest';
import { events } from '../endToEnd/events.js';
import { deadLettersOf, ledgerOf } from '../endToEnd/ledger.js';
import { onceEach, shownAt } from '../endToEnd/shown.js';
import { until } from '../endToEnd/until.js';
import { openFaultHarness, type FaultHarness } from '../faults/faultHarness.js';

let harness: FaultHarness;
const sent = [events(4), events(3)] as const;
const revoked = { id: 'revoked', action: { kind: 'credentialsRevoked' } } as const;

beforeAll(async () => {
  harness = await openFaultHarness({
    workers: 1,
    environment: { RETRY_WINDOW_HOURS: '1', REQUEST_TIMEOUT_SECONDS: '20' },
  });
});
afterAll(() => harness?.stop());

async function post(batch: readonly unknown[]): Promise<void> {
  const headers = { authorization: `Bearer ${harness.token}` };
  const response = await fetch(`${harness.api.url()}/v1/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ events: batch }),
  });
  expect(response.status).toBe(200);
}

it('a worker keeps the events of a blocked Current for exactly RETRY_WINDOW_HOURS', async () => {
  harness.mixpanel.control.addFault(revoked);
  await post(sent[0]);
  await until(
    () => harness.admin.stateOf(harness.current),
    ({ state }) => state === 'BLOCKED',
  );
  await post(sent[1]);
  // An hour and a minute later for the first events.
  await harness.sql`update current set live_since = live_since - interval '61 minutes' where id = ${harness.current}`;
  await harness.sql`update delivery set stored_at = stored_at - interval '61 minutes' where events = 4`;
  await until(
    () => ledgerOf(harness.sql, harness.current),
    ({ expired }) => expired === 4,
  );
  expect(await ledgerOf(harness.sql, harness.current)).toEqual({
    selected: 7,
    delivered: 0,
    skipped: 0,
    rejected: 0,
    expired: 4,
    pending: 3,
  });
  const letters = await deadLettersOf(harness.sql, harness.current);
  expect(letters.map(({ id, outcome, code }) => [id, outcome, code])).toEqual(
    sent[0].map(({ id }) => [id, 'expired', 'credentials_refused']),
  );
  for (const { detail } of letters)
    expect(detail).toMatch(/^kept for the whole retry window of 1 h while the Current was blocked: /);
});

it('expired events can be replayed once the credentials work, and none is missing', async () => {
  harness.mixpanel.control.removeFault(revoked.id);
  expect(await harness.admin.probe(harness.current)).toBe('TestCredentialsPayload');
  await until(
    () => ledgerOf(harness.sql, harness.current),
    ({ delivered }) => delivered === 3,
  );
  expect(await harness.admin.replay(harness.current)).toBe(4);
  await until(
    () => ledgerOf(harness.sql, harness.current),
    ({ delivered }) => delivered === 7,
  );
  expect(shownAt(harness.mixpanel.control.ledger(), 'everything')).toEqual(onceEach(sent.flat().map(({ id }) => id)));
});
