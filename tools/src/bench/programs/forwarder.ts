import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { mixpanel } from '@currents/connector-mixpanel';
import type { CatalogueEvent } from '@currents/schema';
import { Pool } from 'undici';
import { answerCalls } from './program.js';

/*
 * The bare forwarder: an HTTP server that parses each request, maps its events with the connector of the hub, compresses
 * them and posts them to the partner before it answers. It gives no guarantees: no checks, no storage, no counts by id, no
 * retries. Connections on both sides are kept open.
 */

const settings = mixpanel.settings.parse({ region: 'us' });
const headers = {
  authorization: `Basic ${Buffer.from('bench:').toString('base64')}`,
  'content-type': 'application/json',
  'content-encoding': 'gzip',
};

/** Posts the events of one request, and returns their number. Rejects when the partner does not answer 200. */
async function forward(body: Buffer, partner: Pool): Promise<number> {
  const { events } = JSON.parse(body.toString('utf8')) as { readonly events: readonly CatalogueEvent[] };
  const payloads = events.map((event) => {
    const mapped = mixpanel.map(event, settings);
    if (!('payload' in mapped)) throw new Error('expected only events that the connector maps');
    return mapped.payload;
  });
  const answer = await partner.request({
    path: '/import?strict=1',
    method: 'POST',
    headers,
    body: gzipSync(JSON.stringify(payloads), { level: 1 }),
  });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`the partner answered ${answer.statusCode}`);
  return events.length;
}

function answer(body: Buffer, response: ServerResponse, partner: Pool): void {
  forward(body, partner).then(
    (accepted) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"accepted":${accepted},"quarantined":0}`);
    },
    (error: unknown) => response.writeHead(502).end(String(error)),
  );
}

/** Starts the server; returns its base URL. */
function listen(partnerUrl: string): Promise<string> {
  const partner = new Pool(partnerUrl, { connections: null });
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      answer(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), response, partner),
    );
  });
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

const forwarder = { listen };

export type Forwarder = typeof forwarder;

answerCalls(forwarder);
