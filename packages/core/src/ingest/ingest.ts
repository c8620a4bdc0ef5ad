import { createHash } from 'node:crypto';
import { maxCharactersAtOnce, readBody, readInSteps, type Reading } from '@currents/schema';
import type { Writer } from '../db/writer.js';
import { createOneAtATime } from '../process/oneAtATime.js';
import { runInSteps } from '../process/runInSteps.js';
import { createStore, StoreBusy, type StoreOptions } from './store.js';
import type { Receipt, IngestRequest } from './ingestRequest.js';
import { decodeInSteps, decodeReceived } from '../batch/decodeText.js';

/** The body of a request, with its format and the token that sent it. */
interface IngestBody {
  readonly bytes: Buffer;
  readonly format: 'json' | 'ndjson';
  readonly tokenId: number;
  /** Called once the body is read, before it waits for its commit, with its events. False: it is not stored. */
  readonly onRead?: (eventCount: number) => boolean;
}

type IngestResult =
  | { readonly outcome: 'stored'; readonly receipt: Receipt }
  | { readonly outcome: 'declined' }
  | { readonly outcome: 'unreadable'; readonly code: string; readonly detail: string };

export type Ingest = ReturnType<typeof createIngest>;

/** Events of one request; beyond it, nothing of the request is stored. */
export const maxRequestEvents = 10_000;
/** Long bodies that wait to be read; the bytes of all of them are limited elsewhere. */
const maxWaiting = 1_000;

/** The first half of the pipeline: parse, then store. */
export function createIngest(writer: Writer, options: StoreOptions) {
  const store = createStore(writer, options);
  const longBodies = createOneAtATime({ maxWaiting });

  /** Long bodies are read one at a time, in steps, so that all of them together do not delay other requests either. */
  async function read(body: IngestBody): Promise<IngestRequest | IngestResult> {
    const request = await longBodies.run(() => runInSteps(parseInSteps(body)));
    if (request === undefined) throw new StoreBusy();
    return request;
  }

  return {
    /** Resolves after the commit. Rejects as `Store.store` does. */
    async take(body: IngestBody): Promise<IngestResult> {
      const request = isShort(body) ? parseAtOnce(body) : await read(body);
      const count = 'outcome' in request ? 0 : request.types.length + request.refused.length;
      if (body.onRead?.(count) === false) return { outcome: 'declined' };
      if ('outcome' in request) return request;
      return { outcome: 'stored', receipt: await store.store(request) };
    },
    drain: store.drain,
  };
}

/** Lines that are not JSON cost most: tens of microseconds each. Thousands of them are read in steps. */
const maxLinesAtOnce = 500;
const newline = 0x0a;

function isShort({ bytes, format }: IngestBody): boolean {
  if (bytes.length > maxCharactersAtOnce) return false;
  if (format === 'json') return true;
  let lines = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1))
    if (++lines > maxLinesAtOnce) return false;
  return true;
}

/** A function of its own, so that the parsed events can be freed before the commit. */
function parseAtOnce(body: IngestBody): IngestRequest | IngestResult {
  const { text, isDamaged } = decodeReceived(body.bytes);
  const reading = readBody(text, body.format, { maxEvents: maxRequestEvents, isDamaged });
  const hash = createHash('sha256').update(`${body.tokenId} ${body.format} `).update(body.bytes);
  return requestOf(body, text, reading, hash.digest());
}

const hashedBytesPerStep = 1024 * 1024;

function* parseInSteps(body: IngestBody): Generator<undefined, IngestRequest | IngestResult> {
  const { text, isDamaged } = yield* decodeInSteps(body.bytes);
  yield undefined;
  const reading = yield* readInSteps(text, body.format, { maxEvents: maxRequestEvents, isDamaged });
  const hash = createHash('sha256').update(`${body.tokenId} ${body.format} `);
  for (let at = 0; at < body.bytes.length; at += hashedBytesPerStep) {
    hash.update(body.bytes.subarray(at, at + hashedBytesPerStep));
    yield undefined;
  }
  return requestOf(body, text, reading, hash.digest());
}

function requestOf(
  { bytes, tokenId }: IngestBody,
  text: string,
  reading: Reading,
  hash: Buffer,
): IngestRequest | IngestResult {
  if ('unreadable' in reading) return { outcome: 'unreadable', ...reading.unreadable };
  const { types, quarantined, json } = reading;
  if (types.length + quarantined.length === 0)
    return { outcome: 'stored', receipt: { accepted: 0, quarantined: 0, refused: [] } };
  return { hash, tokenId, types, json: json === text ? bytes : Buffer.from(json), refused: quarantined };
}
