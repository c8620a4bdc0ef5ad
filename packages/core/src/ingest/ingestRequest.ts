import type { EventType } from '@currents/schema';
import type { RefusedEvent } from '../quarantine/quarantineRows.js';
import type { StoringTrace } from '../tracing/tracing.js';

/** One accepted request, read and checked, on its way into the store. */
export type IngestRequest = ShortRequest | LongRequest;

interface ReadRequest {
  /** What tells this request from every other: the same request sent again has the same hash. */
  readonly hash: Buffer;
  readonly tokenId: number;
  /** The types of the accepted events, in order. */
  readonly types: readonly EventType[];
  readonly refused: readonly RefusedEvent[];
  /** Of the ids of the accepted events, for the event index. */
  readonly fingerprints: readonly number[];
  /** Of a sampled request. */
  readonly trace?: StoringTrace | undefined;
}

interface ShortRequest extends ReadRequest {
  /** JSON text of exactly the accepted events, in order. */
  readonly json: Buffer;
  readonly content?: undefined;
}

interface LongRequest extends ReadRequest {
  /** The accepted events, in order, as the content of a batch of their own; empty if there are none. */
  readonly content: Buffer;
  readonly json?: undefined;
}

/** Quarantined events that an answer lists; the quarantine holds all of them. */
const maxListedEvents = 1_000;

/** What a request is answered; a repeated one gets the answer of the first. */
export interface Receipt {
  readonly accepted: number;
  readonly quarantined: number;
  /** The first of the quarantined events. */
  readonly refused: readonly Pick<RefusedEvent, 'position' | 'code' | 'detail'>[];
}

/** What a request is answered that was not there before. */
export function receiptOf({ types, refused }: IngestRequest): Receipt {
  const listed = refused.slice(0, maxListedEvents);
  return {
    accepted: types.length,
    quarantined: refused.length,
    refused: listed.map(({ position, code, detail }) => ({ position, code, detail })),
  };
}

/** What a refused event takes in memory beside its text. */
const refusedBytes = 200;
const fingerprintBytes = 8;

/** The events of a request and the bytes it holds until its commit, those for the quarantine included. */
export function sizeOf(request: IngestRequest): { readonly events: number; readonly bytes: number } {
  const { types, refused } = request;
  let { length: bytes } = request.json ?? request.content;
  bytes += fingerprintBytes * request.fingerprints.length;
  for (const { raw, detail } of refused) bytes += raw.length + detail.length + refusedBytes;
  return { events: types.length + refused.length, bytes };
}
