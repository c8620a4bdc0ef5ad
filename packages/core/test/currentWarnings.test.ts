import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAll, type Connector, type SendOutcome } from '@currents/connector';
import { afterEach, describe, expect, it } from 'vitest';
import { testConnection } from '../src/delivery/compression.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub | undefined;
let server: Server | undefined;
afterEach(async () => {
  await hub?.stop();
  server?.close();
  hub = server = undefined;
});

interface Arrived {
  readonly encoding: string | undefined;
  readonly status: number;
}

/** A proxy that answers 415 to compressed requests, and 200 to others. */
async function startProxy(): Promise<{ readonly url: string; readonly arrived: Arrived[] }> {
  const arrived: Arrived[] = [];
  server = createServer((request: IncomingMessage, response) => {
    const encoding = request.headers['content-encoding'];
    const status = encoding === undefined ? 200 : 415;
    arrived.push({ encoding, status });
    request.resume().on('end', () => response.writeHead(status).end('{}'));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, arrived };
}

const refused = {
  code: 'gzip_refused',
  detail: 'HTTP 415: not in this form',
  isCompressionRefused: true,
} as const;

/** Sends compressed requests to the address, as connectors do by their settings. */
function connectorTo(url: string): Connector {
  const outcomeOf = (status: number): SendOutcome =>
    status === 415 ? { outcome: 'blocked', ...refused } : { outcome: 'delivered' };
  return {
    ...fakeConnector(createFakePartner()),
    async send(items, { http }) {
      const answer = await http.request({ method: 'POST', url, body: items.map(({ json }) => json), gzip: true });
      return answerAll(items, outcomeOf(answer.status));
    },
    async test({ http }) {
      const { status } = await http.request({ method: 'POST', url, body: '[]', gzip: true });
      return status === 415 ? { outcome: 'refused', ...refused } : { outcome: 'passed' };
    },
  };
}

const warningsIn = (open: Hub, current: number) => open.sql`
  select code, detail, events::int, first_at <= last_at as ordered from current_warning where current_id = ${current}`;

describe('a proxy that refuses compressed requests', () => {
  it('gets them without, after one in vain; the events are delivered, and the Current has a warning', async () => {
    const { url, arrived } = await startProxy();
    hub = await openHub(connectorTo(url));
    const current = await hub.launch();
    await hub.startWorker();
    for (let sent = 1; sent <= 3; sent++) {
      await hub.take([event(), event()]);
      await until(
        () => hub!.tally(current),
        ({ delivered }) => delivered === 2 * sent,
      );
    }
    expect(arrived.filter(({ status }) => status === 415)).toEqual([{ encoding: 'gzip', status: 415 }]);
    const warnings = await until(
      () => warningsIn(hub!, current),
      (rows) => rows.length > 0,
    );
    expect(warnings).toEqual([{ code: 'gzip_refused', detail: refused.detail, events: 0, ordered: true }]);
    const [row] = await hub.sql`select state from current where id = ${current}`;
    expect(row).toEqual({ state: 'live' });
  });

  it('is tested without, too', async () => {
    const { url } = await startProxy();
    const requests: (boolean | undefined)[] = [];
    const http = {
      async request({ gzip }: { readonly gzip?: boolean }) {
        requests.push(gzip);
        return { status: gzip ? 415 : 200, headers: {}, body: '{}' };
      },
    };
    expect(await testConnection(connectorTo(url), { settings: {}, credentials: {}, http })).toEqual({
      outcome: 'passed',
    });
    expect(requests).toEqual([true, false]);
  });
});

it('a partner that refuses requests in either form blocks the Current, without a warning', async () => {
  hub = await openHub({
    ...fakeConnector(createFakePartner()),
    send: async (items) => answerAll(items, { outcome: 'blocked', ...refused }),
    test: async () => ({ outcome: 'refused', ...refused }),
  });
  const current = await hub.launch();
  await hub.startWorker();
  await hub.take([event()]);
  await until(
    () => hub!.sql`select blocked_code as code from current where id = ${current} and state = 'blocked'`,
    ([row]) => row?.['code'] === 'gzip_refused',
  );
  expect(await warningsIn(hub, current)).toEqual([]);
});

it('answers that confirm nothing are counted in a warning of the Current', async () => {
  const warning = 'HTTP 200 without a confirmation';
  hub = await openHub({
    ...fakeConnector(createFakePartner()),
    send: async (items) => answerAll(items, { outcome: 'delivered', warning }),
  });
  const current = await hub.launch();
  await hub.startWorker();
  for (let sent = 1; sent <= 2; sent++) {
    await hub.take([event(), event()]);
    await until(
      () => warningsIn(hub!, current),
      ([row]) => row?.['events'] === 2 * sent,
    );
  }
  expect(await warningsIn(hub, current)).toEqual([
    { code: 'answers_unconfirmed', detail: warning, events: 4, ordered: true },
  ]);
});

it('batches that cannot be read are counted in a warning of the Current', async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  const current = await hub.launch();
  await hub.take([event(), event(), event()]);
  await hub.sql`update batch set content = 'no batch'`;
  await hub.take([event()]);
  await hub.startWorker();
  const warnings = await until(
    () => warningsIn(hub!, current),
    (rows) => rows.length > 0,
  );
  expect(warnings).toMatchObject([{ code: 'batch_unreadable', events: 3, ordered: true }]);
  expect(await hub.tally(current)).toMatchObject({ delivered: 1, rejected: 3 });
});
