import { createHash } from 'node:crypto';
import { readBody } from '@currents/schema';
import type { Writer } from '../db/writer.js';
import { createStore, type StoreOptions } from './store.js';
import type { Receipt, IngestRequest } from './ingestRequest.js';
import { decodeText } from '../batch/decodeText.js';

/** The body of a request, with its format and the token that sent it. */
interface IngestBody {
  readonly bytes: Buffer;
  readonly format: 'json' | 'ndjson';
  readonly tokenId: number;
  /** Called once the body is read, before it waits for its commit. */
  readonly onRead?: () => void;
}

type IngestResult =
  | { readonly outcome: 'stored'; readonly receipt: Receipt }
  | { readonly outcome: 'unreadable'; readonly code: string; readonly detail: string };

export type Ingest = ReturnType<typeof createIngest>;

/** The first half of the pipeline: parse, then store. */
export function createIngest(writer: Writer, options: StoreOptions) {
  const store = createStore(writer, options);
  return {
    /** Resolves after the commit. Rejects as `Store.store` does. */
    async take(body: IngestBody): Promise<IngestResult> {
      const read = parseRequest(body);
      body.onRead?.();
      if ('outcome' in read) return read;
      return { outcome: 'stored', receipt: await store.store(read) };
    },
    drain: store.drain,
  };
}

/** A function of its own, so that the parsed events can be freed before the commit. */
function parseRequest({ bytes, format, tokenId }: IngestBody): IngestRequest | IngestResult {
  const text = decodeText(bytes);
  const reading = readBody(text, format);
  if ('unreadable' in reading) return { outcome: 'unreadable', ...reading.unreadable };
  const { types, quarantined, json } = reading;
  if (types.length + quarantined.length === 0) return { outcome: 'stored', receipt: { accepted: 0, refused: [] } };
  return {
    hash: createHash('sha256').update(`${tokenId} ${format} `).update(bytes).digest(),
    tokenId,
    types,
    json: json === text ? bytes : Buffer.from(json),
    refused: quarantined,
  };
}
