import type { PullFailure } from './cohortPull.js';
import type { CompressionBlame, SendOutcome, TestResult } from './connector.js';
import type { HttpAnswer } from './http.js';
import { readJsonObject } from './readJson.js';
import { redact } from './redact.js';
import { retryAfterMs } from './retryAfter.js';

type Body = Readonly<Record<string, unknown>>;

/** A refusal that only an admin can resolve: its code, and what to check. */
export interface Refusal extends CompressionBlame {
  readonly code: string;
  readonly advice: string;
}

/** A 415 to a compressed request: its content type or its coding is not taken (RFC 9110, 15.5.16). */
export const gzipRefused: Refusal = {
  code: 'gzip_refused',
  advice: 'the request could not be read; switch gzip off',
  isCompressionRefused: true,
};

/** How to interpret the answers of one partner. */
export interface AnswerRules {
  readonly label: string;
  readonly refusals: Readonly<Record<number, Refusal>>;
  /** Whether the request was compressed. */
  readonly isCompressed?: boolean;
  /**
   * Whether the body of a 2xx answer is the partner's own: a proxy may answer 200, too. Left out where the partner says
   * success by the status alone.
   */
  isSuccess?(body: Body): boolean;
  /**
   * Whether a status, of any family, refuses the request as it is, so that a part of it may be accepted; 400 and 413 by
   * default.
   */
  isInvalid?(status: number): boolean;
  /** The number of accepted events in the body of a 2xx answer; without it, the answer alone confirms them. */
  readonly acceptedCount?: { readonly field: string; readonly sent: number };
  /** The partner's explanation of an error; the field `error` by default. `text` is the body as it came. */
  explanationIn?(body: Body, text: string): unknown;
  /** The wait after a 429 without `Retry-After`; by default the engine's exponential backoff. */
  readonly throttledMs?: number;
  /** Bounds of the wait that a partner may ask for; 1 s to 5 min by default. */
  readonly waitBounds?: { readonly minMs: number; readonly maxMs: number };
}

/**
 * What an answer says about the request as a whole. `refused`: an admin has to act. `unavailable`: the same request may
 * succeed later. `invalid`: the partner refused the request (400, 413). `unexpected`: any other status.
 */
export type Interpretation =
  | { readonly kind: 'success'; readonly warning?: string }
  | {
      readonly kind: 'refused' | 'unavailable' | 'invalid' | 'unexpected';
      readonly code: string;
      readonly detail: string;
      readonly afterMs?: number;
      /** The request was refused for its size. */
      readonly isTooLarge?: boolean;
      readonly isCompressionRefused?: boolean;
    };

const failureCodes = { timeout: 'timeout', unreachable: 'unreachable', broken: 'broken_connection' } as const;
const redirected: Refusal = { code: 'redirected', advice: 'redirects are not followed; check the base URL' };
const defaultBounds = { minMs: 1_000, maxMs: 300_000 };
const pullWaitBounds = { minMs: 1_000, maxMs: 3_600_000 };

/** Makes a function that makes a partner's words fit for a `detail`. Payloads are read only when it is called. */
export function createRedactor(
  secrets: readonly string[],
  payloads: () => readonly unknown[] = () => [],
): (words: string) => string {
  return (words) => redact(words, { secrets, payloads: payloads() });
}

/** Interprets an answer by its status; the body decides only about success. `say` redacts the partner's words. */
export function interpretAnswer(
  answer: HttpAnswer,
  rules: AnswerRules,
  say: (words: string) => string,
): Interpretation {
  if ('failure' in answer) {
    return { kind: 'unavailable', code: failureCodes[answer.failure], detail: say(`no answer: ${answer.detail}`) };
  }
  const { status, headers } = answer;
  const body = readJsonObject(answer.body);
  const isNamed = rules.refusals[status] !== undefined || rules.isInvalid?.(status) === true;
  if (status >= 200 && status < 300 && !isNamed) {
    if (rules.isSuccess === undefined || (body !== undefined && rules.isSuccess(body))) {
      const warning = warningIn(body ?? {}, status, rules);
      return warning === undefined ? { kind: 'success' } : { kind: 'success', warning };
    }
    const why = answer.unread === undefined ? '' : ` (${answer.unread})`;
    const detail = `HTTP ${status} with a body that is not from ${rules.label}${why}; check for a proxy or another server`;
    return { kind: 'unavailable', code: 'unreadable_answer', detail };
  }
  const explanation =
    rules.explanationIn === undefined ? body?.['error'] : rules.explanationIn(body ?? {}, answer.body);
  // A page of a proxy explains nothing.
  const words = typeof explanation === 'string' && !/^\s*</.test(explanation) ? say(explanation) : '';
  const detail = words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
  const refusal = refusalOf(status, rules);
  if (refusal !== undefined) {
    const { advice, ...rest } = refusal;
    return { kind: 'refused', ...rest, detail: `${detail}; ${advice}` };
  }
  if (rules.isInvalid?.(status) ?? (status === 400 || status === 413)) {
    if (status === 413) return { kind: 'invalid', code: 'request_too_large', detail, isTooLarge: true };
    return { kind: 'invalid', code: status === 400 ? 'bad_request' : `http_${status}`, detail };
  }
  const isThrottled = status === 429;
  const afterMs =
    retryAfterMs(headers, rules.waitBounds ?? defaultBounds) ?? (isThrottled ? rules.throttledMs : undefined);
  return {
    kind: isThrottled || status === 408 || status >= 500 ? 'unavailable' : 'unexpected',
    code: isThrottled ? 'throttled' : `http_${status}`,
    detail,
    ...(afterMs !== undefined && { afterMs }),
  };
}

function refusalOf(status: number, { refusals, isCompressed, isInvalid }: AnswerRules): Refusal | undefined {
  if (status >= 300 && status < 400) return isInvalid?.(status) === true ? undefined : redirected;
  return status === 415 && isCompressed ? gzipRefused : refusals[status];
}

/** Partners do not count events that they had before, so a smaller number is usual after a retry. */
function warningIn(body: Body, status: number, { label, acceptedCount }: AnswerRules): string | undefined {
  if (acceptedCount === undefined || acceptedCount.sent === 0) return undefined;
  const { field, sent } = acceptedCount;
  const count = body[field];
  if (typeof count === 'number' && count > 0) return undefined;
  return `HTTP ${status} without a confirmation from ${label}: expected ${field} of up to ${sent}, got ${count === 0 ? 0 : 'none'}`;
}

/** What the answer means for every event of a request. A refused request is split; an unexpected answer is retried. */
export function toSendOutcome(said: Interpretation): SendOutcome {
  if (said.kind === 'success')
    return said.warning === undefined ? { outcome: 'delivered' } : { outcome: 'delivered', warning: said.warning };
  const { kind, isTooLarge, ...rest } = said;
  if (kind === 'refused') return { outcome: 'blocked', ...rest };
  if (kind === 'invalid') return { outcome: 'split', ...rest, ...(isTooLarge && { isTooLarge }) };
  return { outcome: 'deferred', ...rest, scope: 'current' };
}

/** What the outcome of a request without events means for `test`. */
export function toTestResult(said: SendOutcome): TestResult {
  if (said.outcome === 'delivered') return { outcome: 'passed' };
  const { code, detail } = said;
  if (said.outcome !== 'blocked') return { outcome: 'unreachable', code, detail };
  return { outcome: 'refused', code, detail, ...(said.isCompressionRefused && { isCompressionRefused: true }) };
}

/** What an answer other than the expected one means for a step of a cohort pull. */
export function toPullFailure(
  answer: HttpAnswer,
  rules: Omit<AnswerRules, 'isSuccess'>,
  say: (words: string) => string,
): PullFailure {
  const said = interpretAnswer(answer, { waitBounds: pullWaitBounds, ...rules, isSuccess: () => false }, say);
  const { kind, ...rest } = said as Exclude<Interpretation, { kind: 'success' }>;
  if (kind === 'unavailable') return { outcome: 'deferred', ...rest };
  const code = kind === 'refused' ? rest.code : 'bad_request';
  return { outcome: 'failed', code, detail: rest.detail, recovery: 'manual' };
}
