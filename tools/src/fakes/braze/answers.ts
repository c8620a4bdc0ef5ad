import { json, type Answer } from '../exchange.js';
import type { BrazeProfile } from './profile.js';

/** Responses of Braze's REST API. Shapes: Braze, Track users, and API errors and responses; texts are assumed. */

export const unauthorised: Answer = json(401, { message: 'Invalid API key' });
export const forbidden: Answer = json(403, { message: 'Forbidden' });
export const notFound: Answer = json(404, { message: 'Not Found' });
export const tooLarge: Answer = json(413, { message: 'Request Entity Too Large' });

export function badRequest(message: string): Answer {
  return json(400, { message, errors: [] });
}

export function accepted(processed: number, errors: readonly object[], { accepted: how }: BrazeProfile): Answer {
  if (how === 'queued' && errors.length === 0) return json(202, { message: 'queued' });
  return json(201, { attributes_processed: processed, message: 'success', ...(errors.length > 0 && { errors }) });
}

/** Braze, API limits: the headers of a 429 differ by contract. */
export function throttled(seconds: number, nowMs: number, { on429, requestLimit }: BrazeProfile): Answer {
  const reset = on429 === 'resetEpoch' ? Math.ceil(nowMs / 1_000) + seconds : seconds;
  const headers: Readonly<Record<string, string>> =
    on429 === 'retryAfter'
      ? { 'x-ratelimit-retry-after': String(seconds) }
      : on429 === 'none'
        ? {}
        : {
            'x-ratelimit-limit': String(requestLimit),
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(reset),
          };
  return json(429, { message: 'Rate limit exceeded' }, headers);
}
