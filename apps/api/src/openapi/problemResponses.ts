import { httpProblem, httpProblems, type HttpProblemCode } from '@currents/core';
import { hasRetryAfter } from '../problem.js';
import type { Header, MediaType, Reference, Response, Schema } from './types.js';

export const problemType = 'application/problem+json';

/** The body of an HTTP error, for `components/schemas/Problem`. */
export const problemSchema: Schema = {
  type: 'object',
  description: 'An error, as a problem document (RFC 9457). Programs decide by `status` or `code`.',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  additionalProperties: false,
  properties: {
    type: { const: 'about:blank', description: 'Always the same: `code` says which error it is.' },
    title: { type: 'string', description: 'The phrase of the status.' },
    status: { type: 'integer', description: 'The status of the answer.' },
    detail: { type: 'string', description: 'One sentence for people, which may change between releases.' },
    code: { enum: Object.keys(httpProblems), description: 'Which error it is. A code keeps its meaning.' },
    requestId: {
      type: 'string',
      format: 'uuid',
      description: 'Equals the header `X-Request-Id`, and leads to the line of the log of a request that failed.',
    },
  },
};

const retryAfter: Header = {
  description: 'Seconds after which the same request may succeed.',
  schema: { type: 'integer', minimum: 0 },
};

const authenticate: Header = {
  description: 'The scheme of the expected header `Authorization`.',
  required: true,
  schema: { const: 'Bearer' },
};

/** What each code means, in the order in which the codes of a status are listed. docs/http-errors.md has them, too. */
const meanings: Readonly<Partial<Record<HttpProblemCode, string>>> = {
  BAD_REQUEST: 'The request is not valid HTTP, or its body does not match its headers.',
  MALFORMED_JSON: 'The body is not JSON.',
  WRONG_SHAPE: 'The body is JSON, but neither an event nor a list of events.',
  MALFORMED_GZIP: '`Content-Encoding` is gzip, but the body cannot be decompressed.',
  UNKNOWN_FORMAT: '`format` is neither `ndjson` nor `csv`.',
  TOKEN_MISSING: 'There is no header `Authorization: Bearer <token>`, or it has another form.',
  TOKEN_UNKNOWN: 'The token does not exist, has been revoked, or is of the other kind (ingest or admin).',
  TOKEN_EXPIRED: 'The admin token has expired.',
  SESSION_ENDED: 'The browser is not signed in to the console, or its session has ended.',
  FORBIDDEN: 'The admin token has a lower role than the request needs.',
  CSRF_TOKEN_WRONG: 'The header `X-CSRF-Token` lacks the CSRF token of the session.',
  NOT_FOUND: 'There is nothing at this path.',
  SEGMENT_NOT_FOUND: 'There is no segment with this id.',
  METHOD_NOT_ALLOWED: 'The path exists, but not with this method.',
  REQUEST_TIMEOUT: 'The request did not arrive within two minutes, or its body more slowly than about 4 KB a second.',
  SEGMENT_NOT_EVALUATED: 'The segment is new, and its members have not been computed yet.',
  BODY_TOO_LARGE: 'The body is larger than the limit that `detail` names, decompressed.',
  TOO_MANY_EVENTS: 'The request has more than 10,000 events. None of them was stored.',
  UNSUPPORTED_ENCODING: '`Content-Encoding` is neither gzip nor identity.',
  UNSUPPORTED_MEDIA_TYPE: '`Content-Type` is not one that can be read here.',
  UNSUPPORTED_CHARSET: 'The charset in `Content-Type` is not UTF-8.',
  RATE_LIMITED: 'The ingest token has sent more events or bytes a second than it may. Nothing was stored.',
  TOO_MANY_EXPORTS: 'As many exports are running as the api allows.',
  TOO_MANY_REQUESTS: 'More arrives than the hub may hold in memory. Nothing of this request was stored.',
  TOO_MANY_FAILED_SIGN_INS:
    'Many wrong tokens came from this address, so this one was not looked up. A right one is accepted at any time.',
  HEADERS_TOO_LARGE: 'The headers of the request exceed 16 KB.',
  INTERNAL_SERVER_ERROR: 'The hub failed. Its log explains it under `requestId`.',
  UNAVAILABLE: 'The api is stopping, or the database does not answer. It is safe to repeat the request.',
};

/** The answers with these codes, by status. @param headers that any of them may have beside its own. */
export function problemResponses(
  codes: readonly HttpProblemCode[],
  headers: Readonly<Record<string, Header>> = {},
): Readonly<Record<string, Response>> {
  const statuses = [...new Set(codes.map((code) => httpProblems[code]))];
  return Object.fromEntries(
    statuses.map((status) => {
      const own = codes.filter((code) => httpProblems[code] === status);
      return [status, problemResponse(own, headers)];
    }),
  );
}

/** An answer with one of these codes. */
export function problemResponse(
  codes: readonly HttpProblemCode[],
  headers: Readonly<Record<string, Header | Reference>> = {},
): Response {
  const waits = codes.filter(hasRetryAfter).length;
  return {
    description: codes.map((code) => `- \`${code}\`: ${meanings[code] ?? ''}`).join('\n'),
    headers: {
      ...headers,
      ...(waits > 0 && { 'Retry-After': { ...retryAfter, required: waits === codes.length } }),
      ...(codes.every((code) => httpProblems[code] === 401) && { 'WWW-Authenticate': authenticate }),
    },
    content: { [problemType]: problemBody(codes) },
  };
}

function problemBody(codes: readonly HttpProblemCode[]): MediaType {
  const statuses = [...new Set(codes.map((code) => httpProblems[code]))];
  return {
    schema: {
      allOf: [{ $ref: '#/components/schemas/Problem' }],
      properties: { status: { enum: statuses }, code: { enum: codes } },
    },
    examples: Object.fromEntries(
      codes.map((code) => [code, { value: httpProblem(code, plainText(meanings[code] ?? ''), exampleRequestId) }]),
    ),
  };
}

export const exampleRequestId = '0b0f5a3e-7a55-4c3c-9c0e-6d6b1d0f4a51';

function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}
