import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { Pool } from 'undici';
import { benchDestinations, type BenchDestinationName, type PlatformEvent } from '../destinations.js';
import { nowMicros } from '../reading/clock.js';
import type { FloorVariant } from '../measures/floor.js';
import { answerCalls } from './program.js';

/*
 * The floor: the cost of delivering an event without any guarantee: no checks, no storage, no counts by id, no retries.
 * Each line is read, parsed, renamed, serialised, compressed and posted, with 2,000 events per request and four
 * concurrent requests. The plain script is straightforward code; the other variants are optimised for CPU time.
 */

const requestEvents = 2_000;
const inFlight = 4;
const gzipOptions = { level: 1, chunkSize: 256 * 1024 };
const zip = promisify(gzip);

const pack: Record<FloorVariant, (json: string) => string | Buffer | Promise<Buffer>> = {
  'plain script, gzip 1': (json) => gzipSync(json, { level: 1 }),
  'no gzip': (json) => json,
  'gzip 1, main thread': (json) => gzipSync(json, gzipOptions),
  'gzip 1, thread pool': (json) => zip(json, gzipOptions),
};

/** Mixpanel's mapping by a tuned script. */
function mapForMixpanel({ event_type, id, time, user, properties }: PlatformEvent) {
  return {
    event: event_type,
    properties: {
      time: time * 1000,
      distinct_id: user.external_user_id,
      $insert_id: id,
      $partner_id: 'braze',
      ip: 0,
      mp_lib: 'floor',
      device_id: user.device_id,
      ...properties,
    },
  };
}

async function run({
  file,
  url,
  variant,
  destination,
}: Readonly<Record<'file' | 'url', string>> & {
  readonly variant: FloorVariant;
  readonly destination: BenchDestinationName;
}) {
  const { path, bodyOf, mapPlainly } = benchDestinations[destination];
  const pool = new Pool(url, { connections: inFlight });
  const headers = { 'content-type': 'application/json', ...(variant !== 'no gzip' && { 'content-encoding': 'gzip' }) };
  const posts = new Set<Promise<void>>();

  async function post(batch: readonly unknown[]): Promise<void> {
    const body = await pack[variant](bodyOf(batch));
    const answer = await pool.request({ path, method: 'POST', headers, body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the sink answered ${answer.statusCode}`);
  }

  async function send(batch: readonly unknown[]): Promise<void> {
    const posted = post(batch).finally(() => posts.delete(posted));
    posts.add(posted);
    if (posts.size >= inFlight) await Promise.race(posts);
  }

  const startedMicros = nowMicros();
  const startedCpu = process.cpuUsage();
  let events = 0;
  let batch: unknown[] = [];
  const isPlain = variant === 'plain script, gzip 1';
  const mapped = isPlain || destination !== 'mixpanel' ? mapPlainly : mapForMixpanel;
  for await (const lines of isPlain ? linesPlainly(file) : linesOf(file)) {
    for (const line of lines) {
      batch.push(mapped(JSON.parse(line) as PlatformEvent));
      events++;
      if (batch.length < requestEvents) continue;
      await send(batch);
      batch = [];
    }
  }
  if (batch.length > 0) await send(batch);
  await Promise.all(posts);
  const { user, system } = process.cpuUsage(startedCpu);
  const seconds = (nowMicros() - startedMicros) / 1_000_000;
  await pool.close();
  return { events, seconds, cpuMicros: user + system };
}

async function* linesPlainly(file: string): AsyncGenerator<string[]> {
  for await (const line of createInterface({ input: createReadStream(file) })) yield [line];
}

/** Chunks of complete lines. */
async function* linesOf(file: string): AsyncGenerator<string[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(0x0a);
    if (end >= 0)
      yield Buffer.concat([rest, chunk.subarray(0, end)])
        .toString('utf8')
        .split('\n');
    rest = end >= 0 ? chunk.subarray(end + 1) : Buffer.concat([rest, chunk]);
  }
  if (rest.length > 0) yield [rest.toString('utf8')];
}

const floor = { run };

export type Floor = typeof floor;

answerCalls(floor);
