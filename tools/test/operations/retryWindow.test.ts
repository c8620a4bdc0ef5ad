import { afterAll, beforeAll, expect, it } from 'vitest';
import { events } from '../endToEnd/events.js';
import { deadLettersOf, ledgerOf } from '../endToEnd/ledger.js';
import { onceEach, shownAt } from '../endToEnd/shown.js';
import { until } from '../endToEnd/until.js';
import { openLine, type Line } from '../faults/line.js';

let line: Line;
const sent = [events(4), events(3)] as const;
const revoked = { id: 'revoked', action: { kind: 'credentialsRevoked' } } as const;

beforeAll(async () => {
  line = await openLine({ workers: 1, environment: { RETRY_WINDOW_HOURS: '1', REQUEST_TIMEOUT_SECONDS: '20' } });
});
afterAll(() => line?.stop());

async function post(batch: readonly unknown[]): Promise<void> {
  const headers = { authorization: `Bearer ${line.token}` };
  const response = await fetch(`${line.api.url()}/v1/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ events: batch }),
  });
  expect(response.status).toBe(200);
}

it('a worker keeps the events of a blocked Current for as long as RETRY_WINDOW_HOURS says, and no longer', async () => {
  line.mixpanel.control.addFault(revoked);
  await post(sent[0]);
  await until(
    () => line.admin.stateOf(line.current),
    ({ state }) => state === 'BLOCKED',
  );
  await post(sent[1]);
  // An hour and a minute later, for the first ones.
  await line.sql`update current set live_since = live_since - interval '61 minutes' where id = ${line.current}`;
  await line.sql`update delivery set stored_at = stored_at - interval '61 minutes' where events = 4`;
  await until(
    () => ledgerOf(line.sql, line.current),
    ({ expired }) => expired === 4,
  );
  expect(await ledgerOf(line.sql, line.current)).toEqual({
    selected: 7,
    delivered: 0,
    skipped: 0,
    rejected: 0,
    expired: 4,
    pending: 3,
  });
  const letters = await deadLettersOf(line.sql, line.current);
  expect(letters.map(({ id, outcome, code }) => [id, outcome, code])).toEqual(
    sent[0].map(({ id }) => [id, 'expired', 'credentials_refused']),
  );
  for (const { detail } of letters)
    expect(detail).toMatch(/^kept for the whole retry window of 1 h while the Current was blocked: /);
});

it('what expired is replayed once the credentials work, and nothing is missing then', async () => {
  line.mixpanel.control.removeFault(revoked.id);
  expect(await line.admin.probe(line.current)).toBe('TestCredentialsPayload');
  await until(
    () => ledgerOf(line.sql, line.current),
    ({ delivered }) => delivered === 3,
  );
  expect(await line.admin.replay(line.current)).toBe(4);
  await until(
    () => ledgerOf(line.sql, line.current),
    ({ delivered }) => delivered === 7,
  );
  expect(shownAt(line.mixpanel.control.ledger(), 'everything')).toEqual(onceEach(sent.flat().map(({ id }) => id)));
});
