import { empty, json, text, type Answer } from '../exchange.js';

/** Responses of Mixpanel's ingestion. Texts and shapes: Mixpanel, Import Events reference, unless marked as assumed. */

export const notFound: Answer = json(404, { code: 404, error: 'Not Found', status: 'Not Found' }); // assumed
export const methodNotAllowed: Answer = empty(405); // assumed
export const unauthorised: Answer = json(401, { code: 401, error: 'Invalid credentials', status: 'Unauthorized' });

/** A 400 without records. The error texts are assumed. */
export function badRequest(error: string): Answer {
  return json(400, { code: 400, error, status: 'Bad Request' });
}

export function tooLarge(limit: string): Answer {
  return json(413, { code: 413, error: `request exceeds max limit of ${limit}`, status: 'Request Entity Too Large' });
}

export function rateLimited(headers?: Readonly<Record<string, string>>): Answer {
  const error = 'Project exceeded rate limits. Please retry the request with exponential backoff.';
  return json(429, { code: 429, error, status: 'Too Many Requests' }, headers);
}

export function imported(count: number, status: string | number): Answer {
  return json(200, { code: 200, num_records_imported: count, status });
}

/** A 400 for some refused records; the others are stored. */
export function partlyImported(
  failedRecords: readonly unknown[] | undefined,
  count: number,
  omitError: boolean,
): Answer {
  return json(400, {
    code: 400,
    ...(omitError ? {} : { error: 'some data points in the request failed validation' }),
    ...(failedRecords === undefined ? {} : { failed_records: failedRecords }),
    num_records_imported: count,
    status: 'Bad Request',
  });
}

/** A success of /engage; Mixpanel, Set Property reference, verbose. */
export const profilesSet: Answer = json(200, { status: 1, error: null });

/** A failure of all of a request to /engage. */
export function profilesRefused(error: string): Answer {
  return json(200, { status: 0, error });
}

export function forbidden(): Answer {
  return json(403, { error: 'Forbidden', status: 'error' }); // assumed
}

export function trackAnswer(accepted: boolean, verbose: boolean, error: string | null): Answer {
  return verbose ? json(200, { status: accepted ? 1 : 0, error }) : text(200, accepted ? '1' : '0');
}
