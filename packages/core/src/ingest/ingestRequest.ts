import type { EventType } from '@currents/schema';

/** One accepted request, read and checked, on its way into the store. */
export interface IngestRequest {
  /** What tells this request from every other: the same request sent again has the same hash. */
  readonly hash: Buffer;
  readonly tokenId: number;
  /** The types of the accepted events, in order. */
  readonly types: readonly EventType[];
  /** JSON text of exactly the accepted events, in order. */
  readonly json: Buffer;
  readonly refused: readonly RefusedEvent[];
}

interface RefusedEvent {
  readonly position: number;
  readonly code: string;
  readonly detail: string;
  readonly raw: string;
}

/** What a request is answered; a repeated one gets the answer of the first. */
export interface Receipt {
  readonly accepted: number;
  readonly refused: readonly Omit<RefusedEvent, 'raw'>[];
}

/** What a request is answered that was not there before. */
export function receiptOf({ types, refused }: IngestRequest): Receipt {
  return { accepted: types.length, refused: refused.map(({ position, code, detail }) => ({ position, code, detail })) };
}

/** The events of a request and the bytes it holds until its commit, those for the quarantine included. */
export function sizeOf({ types, json, refused }: IngestRequest): { readonly events: number; readonly bytes: number } {
  let bytes = json.length;
  for (const { raw, detail } of refused) bytes += raw.length + detail.length;
  return { events: types.length + refused.length, bytes };
}
