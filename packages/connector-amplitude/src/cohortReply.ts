import { basicCredentials, bearerToken, firstText } from '@currents/connector';
import type { Push, PushReply, PushResult } from '@currents/connector';

/**
 * The key wherever Amplitude lets people put one: a token, the user of Basic authentication with an empty password, or
 * a header of their own making (Amplitude, Create a cohort sync integration; Cohort webhooks, headers).
 */
export function keyOf(push: Push): string | undefined {
  const basic = basicCredentials(push);
  return firstText(
    bearerToken(push),
    basic?.user,
    basic?.password,
    push.headers['x-data-import-key'],
    push.headers['x-api-key'],
    bareOf(push),
  );
}

/** What stands in the Authorization header by itself. */
function bareOf(push: Push): string | undefined {
  const header = push.headers['authorization']?.trim();
  return header === undefined || /\s/.test(header) ? undefined : header;
}

/**
 * Amplitude takes 200 for success and repeats what is answered 429 or 5xx, webhooks whatever else (Amplitude, Receiving
 * behavioral cohorts; Cohort webhooks).
 */
const statuses = {
  stored: 200,
  repeated: 200,
  unreadable: 400,
  unauthorised: 401,
  unknown_cohort: 404,
  too_large: 413,
  busy: 429,
  unavailable: 503,
} as const satisfies Record<PushResult['outcome'], number>;

export function reply(_push: Push, result: PushResult): PushReply {
  return answer(statuses[result.outcome], 'detail' in result ? { error: result.detail } : { message: 'success' });
}

export function answer(status: number, body: Readonly<Record<string, unknown>>): PushReply {
  return { status, body: JSON.stringify(body) };
}
