import { STATUS_CODES } from 'node:http';

/** Media type of every HTTP error (RFC 9457), except on the partners' own endpoints. */
export const problemMediaType = 'application/problem+json; charset=utf-8';

/** Every `code` that an HTTP error can carry, with its status. docs/http-errors.md explains each one. */
export const httpProblems = {
  BAD_REQUEST: 400,
  MALFORMED_JSON: 400,
  WRONG_SHAPE: 400,
  MALFORMED_GZIP: 400,
  UNKNOWN_FORMAT: 400,
  TOKEN_MISSING: 401,
  TOKEN_UNKNOWN: 401,
  TOKEN_EXPIRED: 401,
  SESSION_ENDED: 401,
  FORBIDDEN: 403,
  CSRF_TOKEN_WRONG: 403,
  NOT_FOUND: 404,
  SEGMENT_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  SEGMENT_NOT_EVALUATED: 409,
  BODY_TOO_LARGE: 413,
  TOO_MANY_EVENTS: 413,
  UNSUPPORTED_ENCODING: 415,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNSUPPORTED_CHARSET: 415,
  RATE_LIMITED: 429,
  TOO_MANY_EXPORTS: 429,
  TOO_MANY_REQUESTS: 429,
  TOO_MANY_FAILED_SIGN_INS: 429,
  HEADERS_TOO_LARGE: 431,
  /** Never sent, as the client is gone; counted in metrics. The number is nginx's. */
  CLIENT_CLOSED_REQUEST: 499,
  INTERNAL_SERVER_ERROR: 500,
  UNAVAILABLE: 503,
} as const;

export type HttpProblemCode = keyof typeof httpProblems;

/** The body of an HTTP error (RFC 9457). `about:blank` as `type` means that `title` is the status's own phrase. */
export interface HttpProblem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: HttpProblemCode;
  /** Equals the header `X-Request-Id` and `requestId` in the log. */
  readonly requestId: string;
}

/** The body of an HTTP error. `detail` is one sentence for people and must not hold secrets or event data. */
export function httpProblem(code: HttpProblemCode, detail: string, requestId: string): HttpProblem {
  const status = httpProblems[code];
  return { type: 'about:blank', title: STATUS_CODES[status] ?? code, status, detail, code, requestId };
}
