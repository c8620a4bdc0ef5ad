import type { IncomingMessage } from 'node:http';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { bearerToken, StoreBusy, type IngestTokens, type Ingest, type Metrics, type Receipt } from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const unzip = promisify(gunzip);

export interface IngestDeps {
  readonly intake: Ingest;
  readonly tokens: IngestTokens;
  readonly metrics: Metrics;
  readonly bodyBytes: number;
  readonly retryAfterSeconds: number;
}

/** An answer that is not a success: a code for machines, a sentence for people. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** The refused events an answer lists; the quarantine has them all. */
const mostListed = 1_000;

/** `POST /v1/events`: engagement events, in the wire format of a Braze Currents HTTP connector. */
export function registerIngest(app: FastifyInstance, deps: IngestDeps): void {
  const { metrics, bodyBytes } = deps;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => readAll(payload, bodyBytes, done));
    scope.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
      const refusal = refusalOf(error, bodyBytes);
      if (refusal.status === 500) request.log.error({ event: 'ingest.error', err: error });
      return refuse(reply, refusal, deps);
    });
    scope.addHook('onRequest', async (request, reply) => {
      const refusal = await authorise(request, deps);
      if (refusal) return refuse(reply, refusal, deps);
    });
    scope.post('/v1/events', async (request, reply) => {
      const startedMs = performance.now();
      const bytes = await plainBody(request, bodyBytes);
      // The request lives until it is answered, which is after the commit; its body need not.
      request.body = undefined;
      if (!Buffer.isBuffer(bytes)) return refuse(reply, bytes, deps);
      try {
        const taken = await deps.intake.take({ bytes, format: formatOf(request), tokenId: request.tokenId });
        if (taken.outcome === 'unreadable')
          return refuse(reply, { status: 400, code: taken.code, detail: taken.detail }, deps);
        metrics.requested(200);
        metrics.stored(taken.receipt.accepted, taken.receipt.refused.length, performance.now() - startedMs);
        return reply.send(answerOf(taken.receipt));
      } catch (error) {
        if (!(error instanceof StoreBusy))
          request.log.warn(
            { event: 'ingest.unavailable', err: error },
            'a request could not be stored, and was told so',
          );
        return refuse(reply, storeRefusal(error), deps);
      }
    });
  });
}

/** Beyond the limit a body is read on and thrown away, up to this much: a plain client listens only once it has said all. */
const mostDrainedBytes = 100 * 1024 * 1024;

class BodyTooLarge extends Error {
  readonly code = 'FST_ERR_CTP_BODY_TOO_LARGE';
}

function readAll(
  payload: IncomingMessage,
  bodyBytes: number,
  done: (error: Error | null, body?: Buffer) => void,
): void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  payload.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bodyBytes) chunks.push(chunk);
    else chunks = [];
    if (bytes > mostDrainedBytes) payload.destroy();
  });
  payload.once('error', (error) => done(error));
  payload.once('end', () => {
    if (bytes > bodyBytes) done(new BodyTooLarge());
    else done(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes));
  });
}

declare module 'fastify' {
  interface FastifyRequest {
    tokenId: number;
  }
}

async function authorise(request: FastifyRequest, { tokens }: IngestDeps): Promise<Refusal | undefined> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) {
    return {
      status: 401,
      code: 'token_missing',
      detail: 'wanted the header «Authorization: Bearer <ingest token>»; it is missing or not of that form',
    };
  }
  let id;
  try {
    id = await tokens.check(token);
  } catch (error) {
    request.log.warn({ event: 'ingest.unavailable', err: error }, 'a token could not be checked');
    return storeRefusal(error);
  }
  if (id === undefined)
    return { status: 401, code: 'token_unknown', detail: 'this ingest token is not known, or has been revoked' };
  request.tokenId = id;
  return undefined;
}

function formatOf(request: FastifyRequest): 'json' | 'ndjson' {
  return /ndjson|jsonl|json-seq|jsonlines/i.test(request.headers['content-type'] ?? '') ? 'ndjson' : 'json';
}

async function plainBody(request: FastifyRequest, bodyBytes: number): Promise<Buffer | Refusal> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return body;
  // HTTP has two names for it (RFC 9110, 8.4.1.3).
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    return { status: 415, code: 'encoding_unknown', detail: 'wanted content-encoding gzip, or none' };
  }
  if (body.length === 0) return body;
  try {
    return await unzip(body, { maxOutputLength: bodyBytes, chunkSize: 256 * 1024 });
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge
      ? tooLargeRefusal(bodyBytes)
      : { status: 400, code: 'bad_gzip', detail: 'the body says it is gzip, but does not unpack as gzip' };
  }
}

function answerOf({ accepted, refused }: Receipt) {
  return {
    accepted,
    quarantined: refused.length,
    quarantinedEvents: refused.length > mostListed ? refused.slice(0, mostListed) : refused,
  };
}

function storeRefusal(error: unknown): Refusal {
  if (error instanceof StoreBusy) {
    return {
      status: 429,
      code: 'too_fast',
      detail: 'more events are coming in than can be stored; nothing of this request was kept, send it again later',
    };
  }
  return {
    status: 503,
    code: 'store_unavailable',
    detail: 'the events could not be stored; send the same request again later, it will not be taken twice',
  };
}

function tooLargeRefusal(bodyBytes: number): Refusal {
  return {
    status: 413,
    code: 'body_too_large',
    detail: `wanted a body of up to ${bodyBytes} bytes, unpacked; send the events in smaller requests`,
  };
}

function refusalOf(error: Error & { statusCode?: number; code?: string }, bodyBytes: number): Refusal {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLargeRefusal(bodyBytes);
  const status = error.statusCode ?? 500;
  if (status < 500) return { status, code: 'bad_request', detail: error.message };
  return { status: 500, code: 'internal_error', detail: 'the hub failed on this request; it has been logged' };
}

function refuse(
  reply: FastifyReply,
  { status, code, detail }: Refusal,
  { metrics, retryAfterSeconds }: IngestDeps,
): FastifyReply {
  metrics.requested(status);
  if (status === 429 || status === 503) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send({ error: { code, detail } });
}
