import { createHash, type Hash } from 'node:crypto';
import { decodeReceived, maxCharactersAtOnce, readBody, type ReadingInSteps } from '@currents/schema';
import type { Writer } from '../db/writer.js';
import { createOneAtATime } from '../process/oneAtATime.js';
import { createStore, StoreBusy, type StoreOptions } from './store.js';
import type { RequestTrace } from '../tracing/tracing.js';
import { createLongBodyReader } from './longBodies.js';
import type { Receipt, IngestRequest } from './ingestRequest.js';

/** The body of a request, with its format and the token that sent it. */
interface IngestBody {
  /** The bytes of the body. A long one is taken out of the list while it is read, so that its memory is free again. */
  readonly chunks: Buffer[];
  readonly format: 'json' | 'ndjson';
  readonly tokenId: number;
  /** Undefined while traces are off. */
  readonly trace?: Pick<RequestTrace, 'storing'> | undefined;
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
  const readLongBody = createLongBodyReader({ maxEvents: maxRequestEvents });

  /** Long bodies are read one at a time, in steps, so that all of them together do not delay other requests either. */
  async function read(body: IngestBody): Promise<IngestRequest | IngestResult> {
    const request = await longBodies.run(async () => {
      const hash = openHash(body);
      const { reading, content } = await readLongBody(body, hash);
      return requestOf(body, reading, hash, { content });
    });
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

function isShort({ chunks, format }: IngestBody): boolean {
  if (chunks.reduce((sum, { length }) => sum + length, 0) > maxCharactersAtOnce) return false;
  if (format === 'json') return true;
  let lines = 0;
  for (const bytes of chunks)
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1))
      if (++lines > maxLinesAtOnce) return false;
  return true;
}

/** A function of its own, so that the parsed events can be freed before the commit. */
function parseAtOnce(body: IngestBody): IngestRequest | IngestResult {
  const bytes = body.chunks.length === 1 ? body.chunks[0]! : Buffer.concat(body.chunks);
  const { text, isDamaged } = decodeReceived(bytes);
  const reading = readBody(isDamaged ? bytes : text, body.format, {
    maxEvents: maxRequestEvents,
    withFingerprints: true,
  });
  const json = 'unreadable' in reading || reading.json === text ? bytes : Buffer.from(reading.json);
  return requestOf(body, reading, openHash(body).update(bytes), { json });
}

/** Tells a request from every other by its token, format and bytes. */
function openHash({ tokenId, format }: Pick<IngestBody, 'tokenId' | 'format'>): Hash {
  return createHash('sha256').update(`${tokenId} ${format} `);
}

function requestOf(
  { tokenId, trace }: IngestBody,
  reading: ReadingInSteps,
  hash: Hash,
  accepted: { readonly json: Buffer } | { readonly content: Buffer },
): IngestRequest | IngestResult {
  if ('unreadable' in reading) return { outcome: 'unreadable', ...reading.unreadable };
  const { types, quarantined, fingerprints } = reading;
  if (types.length + quarantined.length === 0)
    return { outcome: 'stored', receipt: { accepted: 0, quarantined: 0, refused: [] } };
  return {
    hash: hash.digest(),
    tokenId,
    types,
    refused: quarantined,
    fingerprints,
    trace: trace?.storing(),
    ...accepted,
  };
}
