import type { PushReply, PushResult } from './cohortImport.js';

/**
 * HTTP statuses for partners that repeat a push after 429 and 5xx, and stop after any other error: only what a
 * repetition can resolve is answered with the former.
 */
export const pushStatuses = {
  stored: 200,
  repeated: 200,
  unreadable: 400,
  unauthorised: 401,
  unknown_cohort: 404,
  too_large: 413,
  busy: 429,
  unavailable: 503,
} as const satisfies Record<PushResult['outcome'], number>;

export function jsonReply(status: number, body: Readonly<Record<string, unknown>>): PushReply {
  return { status, body: JSON.stringify(body) };
}
