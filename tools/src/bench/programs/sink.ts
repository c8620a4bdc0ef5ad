import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { benchDestinationNames, benchDestinations, type BenchDestinationName } from '../destinations.js';
import { nowMicros } from '../reading/clock.js';
import { answerCalls } from './program.js';

/*
 * A partner that accepts all events at once, with the responses of the destination whose path is asked. It does not
 * parse JSON, whose cost would distort the measurement: it searches for the key that every event has exactly
 * once. Inside a string the key's quotes are escaped, so there are no false matches.
 */

const unzip = promisify(gunzip);
/** The destination whose requests have the path; Amplitude has several. */
function destinationAt(url = ''): BenchDestinationName {
  return benchDestinationNames.find((name) => url.startsWith(benchDestinations[name].path)) ?? 'amplitude';
}

const idKeys = new Map(benchDestinationNames.map((name) => [name, Buffer.from(benchDestinations[name].idKey)]));

export interface Arrivals {
  readonly events: number;
  /** Bytes of JSON after decompression. */
  readonly bytes: number;
  /** Bytes of the bodies as they arrived, compressed or not. */
  readonly bodyBytes: number;
  readonly requests: number;
  readonly lastMicros: number;
}

export interface RecordedArrivals {
  readonly ids: readonly string[];
  /** The time at which the event's request had arrived completely, at the same index. */
  readonly micros: Float64Array;
}

let events = 0;
let bytes = 0;
let bodyBytes = 0;
let requests = 0;
let lastMicros = 0;
let answerAfterMs = 0;
let record: { readonly ids: string[]; readonly micros: number[] } | undefined;

async function take(body: Buffer, { url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const arrivedMicros = nowMicros();
  const isGzip = headers['content-encoding'] === 'gzip';
  const destination = destinationAt(url);
  const insertId = idKeys.get(destination) as Buffer;
  const text = isGzip ? await unzip(body, { chunkSize: 256 * 1024 }) : body;
  let found = 0;
  for (let at = text.indexOf(insertId); at >= 0; at = text.indexOf(insertId, at + insertId.length)) {
    found++;
    if (!record) continue;
    const start = at + insertId.length;
    record.ids.push(text.toString('latin1', start, text.indexOf(0x22, start)));
    record.micros.push(arrivedMicros);
  }
  events += found;
  bytes += text.length;
  bodyBytes += body.length;
  requests++;
  lastMicros = Math.max(lastMicros, arrivedMicros);
  if (answerAfterMs > 0) await wait(answerAfterMs);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(benchDestinations[destination].answer(found));
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    take(body, request, response).catch(() => response.writeHead(400).end());
  });
});
server.keepAliveTimeout = 60_000;

const sink = {
  listen: () =>
    new Promise<string>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    }),
  arrivals: (): Arrivals => ({ events, bytes, bodyBytes, requests, lastMicros }),
  /** Sets the delay of all following responses. */
  answerAfter: (ms: number): void => void (answerAfterMs = ms),
  /** Starts recording the arrival time of every event. */
  record: (): void => void (record = { ids: [], micros: [] }),
  recorded(): RecordedArrivals {
    const kept = record ?? { ids: [], micros: [] };
    record = undefined;
    return { ids: kept.ids, micros: Float64Array.from(kept.micros) };
  },
};

export type Sink = typeof sink;

answerCalls(sink);
