import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { httpProblem, isLostConnection, problemMediaType, type HttpProblemCode } from '@currents/core';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** An expected failure of an HTTP request, as a value. */
export interface Refusal {
  readonly code: HttpProblemCode;
  /** One sentence for people; no secrets and no event data. */
  readonly detail: string;
  /** Seconds after which a request with a code of `temporary` may succeed; by default the setting. */
  readonly retryAfterSeconds?: number;
}

/** Header that carries the request's id in every answer. */
export const requestIdHeader = 'x-request-id';

/** Makes a request's id. It cannot be guessed, so knowing one is no way to guess another request's. */
export const makeRequestId = (): string => randomUUID();

/** A path and the methods that it has; the api refuses every other method with 405. */
export interface Endpoint {
  readonly url: string;
  readonly methods: readonly string[];
}

declare module 'fastify' {
  interface FastifyInstance {
    /** What was registered, in order; the description of the api is compared with it. */
    readonly endpoints: readonly Endpoint[];
    /** `Retry-After` of answers to requests that may succeed when repeated. */
    readonly retryAfterSeconds: number;
  }
}

/** Codes that carry `Retry-After`: the same request may succeed later. */
const temporary = new Set<HttpProblemCode>([
  'SEGMENT_NOT_EVALUATED',
  'TOO_MANY_EXPORTS',
  'TOO_MANY_FAILED_SIGN_INS',
  'TOO_MANY_REQUESTS',
  'UNAVAILABLE',
]);

/** Whether answers with this code carry `Retry-After`. `refuseBeyondLimit` sets it by the limit. */
export function hasRetryAfter(code: HttpProblemCode): boolean {
  return temporary.has(code) || code === 'RATE_LIMITED';
}

/** Answers with a problem document. `extensions` are additional members of it (RFC 9457, 3.2). */
export function refuse(
  reply: FastifyReply,
  { code, detail, retryAfterSeconds }: Refusal,
  extensions: object = {},
): FastifyReply {
  const problem = httpProblem(code, detail, reply.request.id);
  closeUnread(reply, code);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  if (temporary.has(code)) reply.header('retry-after', retryAfterSeconds ?? reply.server.retryAfterSeconds);
  return reply
    .code(problem.status)
    .type(problemMediaType)
    .send({ ...problem, ...extensions });
}

/** What to answer to a wrong token. @param retryAfterSeconds when too many came from its address: see `SignInFailures`. */
export function wrongToken(detail: string, retryAfterSeconds: number | undefined): Refusal {
  return retryAfterSeconds === undefined
    ? { code: 'TOKEN_UNKNOWN', detail }
    : { code: 'TOO_MANY_FAILED_SIGN_INS', detail: tooManyFailures, retryAfterSeconds };
}

export const tooManyFailures =
  'many wrong tokens or keys came from this address, so this one was not looked up; a right one is accepted at any time';

/** Ends the connection of a sender that was cut off; otherwise it would be read on until the next timeout. */
export function closeUnread(reply: FastifyReply, code: HttpProblemCode): void {
  if (code === 'REQUEST_TIMEOUT') reply.header('connection', 'close');
}

/**
 * What to answer to an error that Fastify or a handler threw. Logs it if it is the hub's own. Messages of errors below
 * 500 are Fastify's and quote nothing of the request.
 */
export function refusalOf(error: FastifyError, request: FastifyRequest): Refusal {
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'expected content-type application/json' };
  if (error.statusCode === 408) return { code: 'REQUEST_TIMEOUT', detail: error.message };
  if (error.statusCode === 413) return { code: 'BODY_TOO_LARGE', detail: error.message };
  if ((error.statusCode ?? 500) < 500) return { code: 'BAD_REQUEST', detail: error.message };
  const failed = { event: 'request.failed', requestId: request.id, url: request.routeOptions.url, err: error };
  if (isLostConnection(error)) {
    request.log.warn(failed, 'the database did not answer');
    return { code: 'UNAVAILABLE', detail: 'the database does not answer; try again later' };
  }
  request.log.error(failed);
  return { code: 'INTERNAL_SERVER_ERROR', detail: 'the request failed; the log explains it under this requestId' };
}

/**
 * Makes everything that no handler answers a problem document: unknown paths (404), wrong methods (405 with `Allow`, on
 * every route added later), and errors. Adds the request's id to every answer.
 */
export function answerWithProblems(app: FastifyInstance, retryAfterSeconds: number): void {
  app.decorate('retryAfterSeconds', retryAfterSeconds);
  // Before the body is read, so that a body of any type is told the same.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(requestIdHeader, request.id);
    if (request.is404) refuse(reply, { code: 'NOT_FOUND', detail: `there is no ${request.method} ${pathOf(request)}` });
    else done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(reply, refusalOf(error, request)));
  const answered = new Set<string>();
  const endpoints: Endpoint[] = [];
  app.decorate('endpoints', endpoints);
  app.addHook('onRoute', ({ method, url }) => {
    // Fastify adds HEAD to each GET by itself, and calls this for the routes added here, too.
    if (answered.has(url)) return;
    answered.add(url);
    const methods = [method].flat();
    const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    endpoints.push({ url, methods: allowed });
    app.route({
      method: app.supportedMethods.filter((other) => !allowed.includes(other)),
      url,
      // Before the body is read.
      onRequest: async (request, reply) =>
        refuse(reply.header('allow', allowed.join(', ')), {
          code: 'METHOD_NOT_ALLOWED',
          detail: `expected ${allowed.join(' or ')} ${pathOf(request)}, got ${request.method}`,
        }),
      handler: () => undefined,
    });
  });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

/** Answers a request whose address cannot be decoded. Fastify calls it before any hook. */
export function refuseBadUrl(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void refuse(reply.header(requestIdHeader, request.id), {
    code: 'BAD_REQUEST',
    detail: 'the path is not a valid percent-encoded URL',
  });
}

const clientErrors: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'REQUEST_TIMEOUT', detail: 'the request did not arrive in time' },
  HPE_HEADER_OVERFLOW: { code: 'HEADERS_TOO_LARGE', detail: 'the headers are too large' },
};

/** Answers, on the bare socket, what Node cannot read as an HTTP request. */
export function refuseUnreadable(log: FastifyBaseLogger, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { code, detail } = clientErrors[error.code ?? ''] ?? {
    code: 'BAD_REQUEST',
    detail: 'the request is not valid HTTP',
  };
  const problem = httpProblem(code, detail, makeRequestId());
  log.debug({ event: 'request.unreadable', requestId: problem.requestId, code: error.code });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `${requestIdHeader}: ${problem.requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
