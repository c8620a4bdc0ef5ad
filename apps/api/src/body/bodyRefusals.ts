import type { Refusal } from '../problem.js';

export const tooSlow: Refusal = {
  code: 'REQUEST_TIMEOUT',
  detail: 'the body arrived too slowly; send the request again',
};

export const tooBusy: Refusal = {
  code: 'TOO_MANY_REQUESTS',
  detail: 'more bytes arrive at once than this hub may hold in memory; repeat the same request later',
};

/** Nobody reads it: the connection is closed. */
export const clientGone: Refusal = {
  code: 'CLIENT_CLOSED_REQUEST',
  detail: 'the client closed the connection before its request was complete',
};

export function bodyTooLarge(maxBodyBytes: number): Refusal {
  return {
    code: 'BODY_TOO_LARGE',
    detail: `expected a body of at most ${maxBodyBytes} bytes, decompressed; send several smaller requests`,
  };
}
