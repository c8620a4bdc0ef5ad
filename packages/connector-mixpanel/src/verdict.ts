import { readJsonObject, retryAfterMs } from '@currents/connector';
import type { HttpAnswer, SendOutcome } from '@currents/connector';

type Failure = Extract<HttpAnswer, { readonly failure: string }>;
type Response = Exclude<HttpAnswer, Failure>;

/** Mixpanel documents no `Retry-After`; should one come, the wait is kept within these. */
const WAIT = { minMs: 1_000, maxMs: 300_000 };

const silences = { timeout: 'timeout', unreachable: 'unreachable', broken: 'broken_connection' } as const;

/** Nothing passes before a person repairs the Current; Mixpanel, Ingestion API, error responses. */
const blocks: Readonly<Record<number, { readonly code: string; readonly advice: string }>> = {
  401: { code: 'credentials_refused', advice: 'check the credentials, the project id and the region' },
  402: { code: 'payment_required', advice: 'check the plan of the Mixpanel project' },
  403: { code: 'access_refused', advice: 'check the role of the service account' },
  404: { code: 'not_found', advice: 'check the region and the base URL' },
};

/**
 * What an answer says of the request as a whole. The status decides; the body is believed where the status leaves
 * something open. `say` makes the partner's words fit for a detail.
 */
export function verdictOn(answer: HttpAnswer, say: (words: string) => string): SendOutcome {
  if ('failure' in answer) {
    return {
      outcome: 'deferred',
      code: silences[answer.failure],
      detail: say(`no answer: ${answer.detail}`),
      scope: 'current',
    };
  }
  const { status } = answer;
  const block = blocks[status];
  if (block !== undefined) {
    return { outcome: 'blocked', code: block.code, detail: `${told(answer, say)}; ${block.advice}` };
  }
  if (status >= 300 && status < 400) {
    return {
      outcome: 'blocked',
      code: 'redirected',
      detail: `HTTP ${status}, which is not followed; check the base URL`,
    };
  }
  if (status === 400) return { outcome: 'split', code: 'bad_request', detail: told(answer, say) };
  if (status === 413) return { outcome: 'split', code: 'request_too_large', detail: told(answer, say) };
  if (status === 429) return wait(answer, 'throttled', told(answer, say));
  if (status >= 200 && status < 300) return isTaken(answer) ? { outcome: 'delivered' } : unreadable(status);
  return wait(answer, `http_${status}`, `HTTP ${status}`);
}

/** Something in between may answer 200 for Mixpanel; asking again does no harm, for the events keep their `$insert_id`. */
function isTaken({ body }: Response): boolean {
  const said = readJsonObject(body);
  return said !== undefined && (said['code'] === 200 || said['status'] === 'OK' || said['status'] === 1);
}

function unreadable(status: number): SendOutcome {
  const detail = `HTTP ${status} with a body that is not Mixpanel’s; check that nothing else answers in its place`;
  return { outcome: 'deferred', code: 'unreadable_answer', detail, scope: 'current' };
}

function wait(answer: Response, code: string, detail: string): SendOutcome {
  const afterMs = retryAfterMs(answer.headers, WAIT);
  const deferred = { outcome: 'deferred', code, detail, scope: 'current' } as const;
  return afterMs === undefined ? deferred : { ...deferred, afterMs };
}

function told({ status, body }: Response, say: (words: string) => string): string {
  const words = readJsonObject(body)?.['error'];
  return typeof words === 'string' && words !== '' ? `HTTP ${status}: ${say(words)}` : `HTTP ${status}`;
}
