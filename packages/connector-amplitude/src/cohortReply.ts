import { basicCredentials, bearerToken, firstText, jsonReply, pushStatuses } from '@currents/connector';
import type { Push, PushReply, PushResult } from '@currents/connector';

/**
 * The key, from every place where Amplitude can send it: a Bearer token, the user of Basic authentication with an empty
 * password, or a custom header (Amplitude, Create a cohort sync integration; Cohort webhooks, headers).
 */
export function readKey(push: Push): string | undefined {
  const basic = basicCredentials(push);
  const header = push.headers['authorization']?.trim();
  return firstText(
    bearerToken(push),
    basic?.user,
    basic?.password,
    push.headers['x-data-import-key'],
    push.headers['x-api-key'],
    header === undefined || /\s/.test(header) ? undefined : header,
  );
}

/** Amplitude repeats what is answered 429 or 5xx (Amplitude, Receiving behavioral cohorts; Cohort webhooks). */
export function reply(_push: Push, result: PushResult): PushReply {
  return jsonReply(
    pushStatuses[result.outcome],
    'detail' in result ? { error: result.detail } : { message: 'success' },
  );
}
