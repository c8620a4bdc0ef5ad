import type { PullFailure, StreamingHttp } from './cohortPull.js';
import type { HttpAnswer, HttpRequest } from './http.js';
import { retryAfterMs } from './retryAfter.js';

const silences = { timeout: 'timeout', unreachable: 'unreachable', broken: 'broken_connection' } as const;
const WAIT = { minMs: 1_000, maxMs: 3_600_000 };

export interface TroubleWords {
  /** Statuses that nothing but a person's repair mends: the code, and what that person should look at. */
  readonly refusals: Readonly<Record<number, { readonly code: string; readonly advice: string }>>;
  /** How long to stay away after a 429 that does not say; the engine's own growing wait when left out. */
  readonly throttledMs?: number;
  /** The partner's own words, fit for a detail. */
  readonly said?: string;
}

/** What an answer other than the wanted one means for a pull. */
export function pullFailure(answer: HttpAnswer, { refusals, throttledMs, said }: TroubleWords): PullFailure {
  if ('failure' in answer)
    return { outcome: 'deferred', code: silences[answer.failure], detail: `no answer: ${answer.detail}` };
  const { status, headers } = answer;
  const told = said === undefined || said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
  const refusal = refusals[status];
  if (refusal !== undefined)
    return { outcome: 'failed', code: refusal.code, detail: `${told}; ${refusal.advice}`, recovery: 'manual' };
  if (status >= 300 && status < 400) {
    return {
      outcome: 'failed',
      code: 'redirected',
      detail: `HTTP ${status}, which is not followed; check the base URL`,
      recovery: 'manual',
    };
  }
  const afterMs = retryAfterMs(headers, WAIT) ?? (status === 429 ? throttledMs : undefined);
  if (status === 429)
    return { outcome: 'deferred', code: 'throttled', detail: told, ...(afterMs !== undefined && { afterMs }) };
  if (status >= 500 || status === 408)
    return { outcome: 'deferred', code: `http_${status}`, detail: told, ...(afterMs !== undefined && { afterMs }) };
  if (status >= 200 && status < 300) {
    return {
      outcome: 'deferred',
      code: 'unreadable_answer',
      detail: `HTTP ${status} with a body that is not the partner’s; check that nothing else answers in its place`,
    };
  }
  return { outcome: 'failed', code: 'bad_request', detail: told, recovery: 'manual' };
}

class TooLong extends Error {}

/** One request with an answer of up to `mostBytes`; more than that counts as a broken connection. */
export async function requestWholeBody(
  http: StreamingHttp,
  request: HttpRequest,
  mostBytes: number,
): Promise<HttpAnswer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const gather = (piece: Uint8Array): void => {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > mostBytes) throw new TooLong();
  };
  try {
    const answer = await http.stream(request, gather);
    if ('failure' in answer || pieces.length === 0) return answer;
    return { ...answer, body: Buffer.concat(pieces).toString('utf8') };
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    return { status: 0, failure: 'broken', detail: `an answer of more than ${mostBytes} bytes` };
  }
}
