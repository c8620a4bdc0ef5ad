import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants, gzip } from 'node:zlib';
import { connect, openWriter } from '@currents/core';
import { Pool } from 'undici';
import { benchDestinations, type BenchDestinationName, type PlatformEvent } from '../destinations.js';
import { answerCalls } from './program.js';

/*
 * The durable script: the least that stores events before it answers, and forwards them by another process. One process
 * parses requests, stores those that come together in one row, compressed, and answers. The other one reads a row, maps
 * its events plainly, posts them, and deletes the row. It checks nothing, counts nothing, recognises no repetition, keeps no
 * order, has no limits, retries nothing, finds no event again, and sends a row twice when it is killed.
 */

const requestsAtOnce = 20;
const gatherMs = 20;
/** While nothing comes, it looks ever more rarely, so that it leaves the machine to what is measured then. */
const emptyMs = { least: 10, most: 200 };
/** As in the hub: two commits and two rows under way. */
const inFlight = 2;
const chunkSize = 256 * 1024;
const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 };
const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
const zip = promisify(gzip);
const newline = 0x0a;

interface Waiting {
  readonly bytes: Buffer;
  readonly events: number;
  readonly response: ServerResponse;
}

/** Starts the process that stores; returns its base URL. */
async function listen(databaseUrl: string): Promise<string> {
  const writer = openWriter(databaseUrl, { max: inFlight, name: 'durable-script' });
  let waiting: Waiting[] = [];
  let committing = 0;
  let timer: NodeJS.Timeout | undefined;

  async function commit(): Promise<void> {
    timer = undefined;
    if (committing === inFlight || waiting.length === 0) return;
    const group = waiting.slice(0, requestsAtOnce);
    waiting = waiting.slice(requestsAtOnce);
    committing++;
    const compressed = await compress(Buffer.concat(group.map(({ bytes }) => bytes)), { chunkSize, params });
    const head = Buffer.from(`${JSON.stringify(group.map(({ bytes }) => bytes.length))}\n`);
    await writer.run({
      name: 'store',
      text: 'insert into durable_script (content) values ($1)',
      values: [Buffer.concat([head, compressed])],
    });
    for (const { response, events } of group) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"accepted":${events},"quarantined":0,"quarantinedEvents":[]}`);
    }
    committing--;
    schedule();
  }

  function schedule(): void {
    if (waiting.length >= requestsAtOnce) void commit();
    else timer ??= setTimeout(() => void commit(), gatherMs);
  }

  function take(bytes: Buffer, response: ServerResponse): void {
    const { events } = JSON.parse(bytes.toString('utf8')) as { readonly events: readonly unknown[] };
    waiting.push({ bytes, events: events.length, response });
    schedule();
  }

  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => take(Buffer.concat(chunks), response));
  });
  server.keepAliveTimeout = 60_000;
  await writer.run({
    name: 'create',
    text: 'create table durable_script (id bigserial primary key, content bytea not null)',
  });
  // What is compressed already is not compressed again.
  await writer.run({ name: 'alter', text: 'alter table durable_script alter content set storage external' });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts the process that forwards. */
function forward({
  databaseUrl,
  sinkUrl,
  destination,
}: Readonly<Record<'databaseUrl' | 'sinkUrl', string>> & { readonly destination: BenchDestinationName }): void {
  const { path, mapPlainly, bodyOf } = benchDestinations[destination];
  const sql = connect(databaseUrl, { max: inFlight, name: 'durable-script', hotPath: true });
  const partner = new Pool(sinkUrl, { connections: inFlight });
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

  async function forwardNext(): Promise<boolean> {
    return sql.begin(async (transaction) => {
      const [row] = await transaction<{ content: string }[]>`
        delete from durable_script
        where id = (select id from durable_script order by id limit 1 for update skip locked)
        returning encode(content, 'base64') as content`;
      if (!row) return false;
      const answer = await partner.request({
        path,
        method: 'POST',
        headers,
        body: await zip(bodyOf(await readEvents(row.content)), { level: 1, memLevel: 9, chunkSize }),
      });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`the sink answered ${answer.statusCode}`);
      return true;
    });
  }

  async function readEvents(content: string): Promise<readonly unknown[]> {
    const bytes = Buffer.from(content, 'base64');
    const head = bytes.indexOf(newline);
    const lengths = JSON.parse(bytes.toString('latin1', 0, head)) as readonly number[];
    const total = lengths.reduce((sum, length) => sum + length, 0);
    // A little more than needed: Node allocates another chunk when one is full.
    const plain = await decompress(bytes.subarray(head + 1), { chunkSize: total + 64 });
    const mapped: unknown[] = [];
    let at = 0;
    for (const length of lengths) {
      const { events } = JSON.parse(plain.toString('utf8', at, (at += length))) as {
        readonly events: readonly PlatformEvent[];
      };
      for (const event of events) mapped.push(mapPlainly(event));
    }
    return mapped;
  }

  async function run(): Promise<never> {
    for (let waitMs = emptyMs.least; ; waitMs = Math.min(2 * waitMs, emptyMs.most)) {
      while (await forwardNext()) waitMs = emptyMs.least;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  for (let running = 0; running < inFlight; running++) void run();
}

const durableScript = { listen, forward };

export type DurableScript = typeof durableScript;

answerCalls(durableScript);
