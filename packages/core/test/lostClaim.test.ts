import { connect as connectTo, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { event, openHub, until, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub;
let proxy: Server;
afterEach(async () => {
  await hub.stop();
  proxy.close();
});

/** The first bytes of an answer with rows: BindComplete, and then DataRow (PostgreSQL, message formats). */
const bindComplete = '2'.charCodeAt(0);
const dataRow = 'D'.charCodeAt(0);

/** A proxy of Postgres that ends the connection of the first claim with rows, in place of passing its answer on. */
async function startProxy(databaseUrl: string): Promise<{ readonly url: string; readonly lost: () => number }> {
  const { hostname, port } = new URL(databaseUrl);
  let lost = 0;
  proxy = createServer((client) => {
    const server = connectTo(Number(port), hostname);
    let isClaiming = false;
    client.on('data', (bytes) => {
      isClaiming ||= bytes.includes('for update of d skip locked');
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (lost > 0 || !isClaiming || bytes[0] !== bindComplete || bytes[5] !== dataRow) return void client.write(bytes);
      lost++;
      client.destroy();
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { url: url.href, lost: () => lost };
}

it('a claim whose answer is lost is given back, and does not wait for the end of its lease', async () => {
  hub = await openHub(fakeConnector(createFakePartner()));
  const current = await hub.launch();
  await hub.take([event(), event()]);
  const { url, lost } = await startProxy(hub.databaseUrl);
  await hub.startWorker({ databaseUrl: url });
  // The lease lasts 40 s.
  await until(
    () => hub.tally(current),
    ({ delivered }) => delivered === 2,
    15_000,
  );
  expect(lost()).toBe(1);
  const [delivery] = await hub.sql`select attempts from delivery where current_id = ${current}`;
  expect(delivery).toEqual({ attempts: 2 });
});
