import {
  bearerFault,
  bearerToken,
  httpProblems,
  StoreBusy,
  type HttpProblemCode,
  type Ingest,
  type IngestTokens,
  type Metrics,
  type Receipt,
  type SignInFailures,
  type TokenRate,
  type TokenRates,
  type RequestTrace,
  type Tracing,
} from '@currents/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { charsetRefusal } from './body/charset.js';
import { makeLines } from './body/jsonSequence.js';
import { bodyRefusal, decompress, takeBody, type RequestBodies } from './body/requestBodies.js';
import { refusalOf, refuse, wrongToken, type Refusal } from './problem.js';
import { refuseBeyondLimit, setRateLimit } from './rateLimit.js';

export interface IngestDeps {
  readonly ingest: Ingest;
  readonly tokens: IngestTokens;
  readonly signInFailures: SignInFailures;
  readonly rates: TokenRates;
  readonly metrics: Metrics;
  readonly bodies: RequestBodies;
  readonly maxBodyBytes: number;
  /** Undefined while traces are off. */
  readonly tracing?: Tracing | undefined;
}

/** `POST /v1/events`: engagement events, in the wire format of a Braze Currents HTTP connector. */
export function registerIngest(app: FastifyInstance, deps: IngestDeps): void {
  const { metrics, bodies, maxBodyBytes } = deps;
  const answer = (reply: FastifyReply, refusal: Refusal): FastifyReply => {
    metrics.requested(httpProblems[refusal.code]);
    reply.request.trace?.end(httpProblems[refusal.code]);
    return refuse(reply, refusal);
  };
  const answerBeyondLimit = (
    reply: FastifyReply,
    rate: TokenRate,
    limits: Parameters<typeof refuseBeyondLimit>[2],
  ): FastifyReply | undefined => {
    const limited = refuseBeyondLimit(reply, rate, limits);
    if (limited) {
      metrics.requested(httpProblems.RATE_LIMITED);
      reply.request.trace?.end(httpProblems.RATE_LIMITED);
    }
    return limited;
  };
  app.register(async (scope) => {
    bodies.readIn(scope, () => ({ maxBytes: maxBodyBytes }));
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      answer(reply, bodyRefusal(error) ?? refusalOf(error, request)),
    );
    scope.post('/v1/events', {
      onRequest: async (request, reply) => {
        const refusal = await authorise(request, deps);
        if (refusal) return answer(reply, refusal);
        if (deps.tracing) startTrace(request, reply, deps.tracing);
        const { tokenRate } = request;
        if (!tokenRate) return;
        const limited = answerBeyondLimit(reply, tokenRate, ['events', 'bytes']);
        if (limited) return limited;
        // Before the body is read, so that bodies at once count together. One that is too large is refused unread.
        tokenRate.useBytes(Math.min(statedBytes(request) ?? 0, maxBodyBytes));
      },
      handler: async (request, reply) => {
        const startedMs = performance.now();
        const body = takeBody(request, bodies);
        try {
          const { tokenRate } = request;
          if (tokenRate && statedBytes(request) === undefined) tokenRate.useBytes(body.length);
          const refusal = await decompress(request, body, maxBodyBytes);
          if (refusal) return answer(reply, refusal);
          if (isSequence(request)) makeLines(body.chunks);
          let limited: FastifyReply | undefined;
          const taken = await deps.ingest.take({
            chunks: body.chunks,
            format: formatOf(request),
            tokenId: request.tokenId,
            trace: request.trace,
            // The store has a limit of its own for what waits for a commit.
            onRead: (count) => {
              body.release();
              // Requests at once may have used up what was left when this one came.
              limited = tokenRate && answerBeyondLimit(reply, tokenRate, ['events']);
              if (limited) return false;
              tokenRate?.useEvents(count);
              return true;
            },
          });
          if (taken.outcome === 'declined') return limited;
          if (tokenRate) setRateLimit(reply, tokenRate.states());
          if (taken.outcome === 'unreadable')
            return answer(reply, { code: unreadableCodes[taken.code] ?? 'BAD_REQUEST', detail: taken.detail });
          metrics.requested(200);
          request.trace?.end(200, taken.receipt);
          metrics.stored(taken.receipt.accepted, taken.receipt.quarantined, performance.now() - startedMs);
          return reply.send(answerOf(taken.receipt));
        } catch (error) {
          if (!(error instanceof StoreBusy))
            request.log.warn(
              { event: 'ingest.failed', requestId: request.id, err: error },
              'a request could not be stored; its sender was asked to retry',
            );
          return answer(reply, storeRefusal(error));
        } finally {
          body.release();
        }
      },
    });
  });
}

/** `readBody`'s codes as HTTP problem codes. */
const unreadableCodes: Readonly<Record<string, HttpProblemCode>> = {
  malformed_json: 'MALFORMED_JSON',
  wrong_shape: 'WRONG_SHAPE',
  too_many_events: 'TOO_MANY_EVENTS',
};

declare module 'fastify' {
  interface FastifyRequest {
    tokenId: number;
    /** The limits of the ingest token; undefined if it has none. */
    tokenRate: TokenRate | undefined;
    /** Set while traces are on. */
    trace?: RequestTrace;
  }
}

/** Refuses what can be refused before the body is read. */
async function authorise(
  request: FastifyRequest,
  { tokens, rates, signInFailures }: IngestDeps,
): Promise<Refusal | undefined> {
  const { authorization } = request.headers;
  const token = bearerToken(authorization);
  if (token === undefined) {
    return {
      code: 'TOKEN_MISSING',
      detail: `expected the header Authorization: Bearer <ingest token>, got ${bearerFault(authorization)}`,
    };
  }
  let valid;
  try {
    valid = await tokens.check(token, () => signInFailures.mayLookUp('events', request.ip));
  } catch (error) {
    request.log.warn(
      { event: 'ingest.failed', requestId: request.id, err: error },
      'an ingest token could not be checked',
    );
    return storeRefusal(error);
  }
  if (valid === undefined)
    return wrongToken(
      'this ingest token does not exist or has been revoked',
      signInFailures.failed('events', request.ip),
    );
  request.tokenId = valid.id;
  request.tokenRate = rates.of(valid.id, valid);
  return charsetRefusal(request.headers['content-type']);
}

/** From here on, whatever answers the request ends its span. */
function startTrace(request: FastifyRequest, reply: FastifyReply, tracing: Tracing): void {
  const { traceparent } = request.headers;
  request.trace = tracing.request({
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    requestId: request.id,
    tokenId: request.tokenId,
  });
  reply.header('traceparent', request.trace.traceparent);
}

/** The bytes of the body as it is sent, if the request's head states them. */
function statedBytes({ headers }: FastifyRequest): number | undefined {
  const stated = headers['content-length'];
  return stated === undefined ? undefined : Number(stated);
}

function isSequence({ headers }: FastifyRequest): boolean {
  return /json-seq/i.test(headers['content-type'] ?? '');
}

function formatOf(request: FastifyRequest): 'json' | 'ndjson' {
  return /ndjson|jsonl|json-seq|jsonlines/i.test(request.headers['content-type'] ?? '') ? 'ndjson' : 'json';
}

function answerOf({ accepted, quarantined, refused }: Receipt) {
  return { accepted, quarantined, quarantinedEvents: refused };
}

function storeRefusal(error: unknown): Refusal {
  return error instanceof StoreBusy
    ? {
        code: 'TOO_MANY_REQUESTS',
        detail: 'events arrive faster than they can be stored; repeat the same request later',
      }
    : {
        code: 'UNAVAILABLE',
        detail: 'the events could not be stored; repeat the same request later, it will be stored once',
      };
}
