import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';
import { everything } from './destinationHub.js';
import { events } from './events.js';
import { deadLettersOf, ledgerOf } from './ledger.js';
import { onceEach, shownAt } from './shown.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

/*
 * Two hubs in a row: the first one's HTTP Current posts to the second one's /v1/events, which delivers to Mixpanel. What
 * lies between them breaks connections before and after the second hub has stored a request.
 */

const project = 'last in the row';
let second: TestHub;
let first: TestHub;
let between: Awaited<ReturnType<typeof startBreakingProxy>>;
let current: number;

beforeAll(async () => {
  second = await startTestHub({ projects: [project] });
  await second.launch(project);
  between = await startBreakingProxy(second.hub.api.url);
  first = await startTestHub({ projects: [] });
  const client = createAdminClient(first.hub.api.url, first.hub.adminToken ?? '');
  const id = await client.launchCurrent({
    name: 'to the second hub',
    contactEmail: 'admin@example.com',
    destination: 'http',
    settings: { url: `${between.url}/v1/events`, gzip: true, eventsPerRequest: 50 },
    credentials: { token: second.token },
    selection: everything,
  });
  current = databaseKey(id);
}, 60_000);
afterAll(async () => {
  await first?.stop();
  between?.close();
  await second?.stop();
});

it('nothing is lost and nothing doubled in the last partner’s view, whatever breaks between two hubs', async () => {
  between.begin();
  const ids: string[] = [];
  for (let round = 0; round < 8; round++) {
    const sent = events(150);
    ids.push(...sent.map(({ id }) => id));
    expect(await first.post(sent)).toMatchObject({ status: 200, body: { accepted: sent.length } });
  }
  await until(
    () => ledgerOf(first.sql, current),
    ({ selected, pending }) => selected === ids.length && pending === 0,
    60_000,
  );
  // After the last request the second hub knows of all events.
  const [row] = await second.sql<{ id: number }[]>`select id from current`;
  await until(
    () => ledgerOf(second.sql, row?.id ?? 0),
    ({ selected, pending }) => selected >= ids.length && pending === 0,
    60_000,
  );
  expect(shownAt(second.mixpanel.control.ledger(), project)).toEqual(onceEach(ids));
  expect(await deadLettersOf(first.sql, current)).toEqual([]);
  expect(await ledgerOf(first.sql, current)).toMatchObject({ delivered: ids.length });
  expect(second.mixpanel.control.summary()).toMatchObject({ violations: {}, lostCandidates: 0 });
  // Otherwise the test would show nothing.
  expect(between.broken).toEqual({ beforeStoring: maxBroken, afterStoring: maxBroken });
  expect(between.takenTwice()).toBeGreaterThan(0);
}, 150_000);

it('what the second hub refuses is parked and accounted for at the first one', async () => {
  between.end();
  const client = createAdminClient(second.hub.api.url, second.hub.adminToken ?? '');
  const { ingestTokens } = await client.ask<{ ingestTokens: { nodes: readonly { id: string; name: string }[] } }>(
    '{ ingestTokens { nodes { id name } } }',
  );
  const token = ingestTokens.nodes.find(({ name }) => name === 'test');
  await client.run(
    `mutation ($input: RevokeIngestTokenInput!) { revokeIngestToken(input: $input) { __typename ... on Problem { message } } }`,
    { input: { id: token?.id, confirmName: 'test' } },
    'RevokeIngestTokenPayload',
  );
  const sent = events(20);
  await first.post(sent);
  const { block } = await until(
    () => first.admin.stateOf(current),
    ({ state }) => state === 'BLOCKED',
    30_000,
  );
  expect(block?.code).toBe('http_401');
  expect(await ledgerOf(first.sql, current)).toMatchObject({ pending: sent.length });
}, 60_000);

/** Connections that break in each of the two ways. The hub waits longer after each failure in a row. */
const maxBroken = 3;

/** Passes requests on, and breaks some connections: before the target has the request, or after it has answered. */
async function startBreakingProxy(target: string) {
  const broken = { beforeStoring: 0, afterStoring: 0 };
  /** How often the target has taken each event. */
  const arrived = new Map<string, number>();
  let isBreaking = false;
  let requests = 0;

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray());
    if (isBreaking) requests++;
    if (isBreaking && requests % 5 === 0 && broken.beforeStoring < maxBroken) {
      broken.beforeStoring++;
      return void incoming.socket.resetAndDestroy();
    }
    const breaksAfter = isBreaking && requests % 5 === 2;
    const { method = '', headers, url = '' } = incoming;
    const onward = ask(new URL(url, target), { method, headers }, (answer) => {
      void answer.toArray().then((chunks) => {
        if (answer.statusCode === 200) for (const id of idsIn(body)) arrived.set(id, (arrived.get(id) ?? 0) + 1);
        if (breaksAfter && broken.afterStoring < maxBroken) {
          broken.afterStoring++;
          return void incoming.socket.resetAndDestroy();
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks as Buffer[]));
      });
    });
    onward.on('error', () => incoming.socket.resetAndDestroy());
    onward.end(body);
  }

  const server = createServer((incoming, response) => void pass(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken,
    begin: () => void (isBreaking = true),
    end: () => void (isBreaking = false),
    /** Events that the target has taken more than once. */
    takenTwice: () => [...arrived.values()].filter((times) => times > 1).length,
    close: () => void server.close(),
  };
}

function idsIn(body: Buffer): readonly string[] {
  if (body.length === 0) return [];
  const { events } = JSON.parse(gunzipSync(body).toString()) as { readonly events: readonly { readonly id: string }[] };
  return events.map(({ id }) => id);
}
