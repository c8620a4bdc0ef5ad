import { createHash, timingSafeEqual } from 'node:crypto';
import { brazeCohorts, type CohortRoute, type Push, type PushResult } from '@currents/connector';
import type { Connectors, ImportKeys, Metrics, NewPush, PushStored } from '@currents/core';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bodyTooLarge, decompressBody } from './decompressBody.js';
import { refusalOf, refuse, type Refusal } from './problem.js';

export interface CohortDeps {
  readonly connectors: Connectors;
  readonly importKeys: ImportKeys;
  readonly metrics: Pick<Metrics, 'pushed'>;
  /** Resolves once the push is committed. */
  readonly storePush: (push: NewPush) => Promise<PushStored>;
  /** Whether an admin created a partner of this name. */
  readonly isRegistered: (partner: string) => Promise<boolean>;
  /** The partner key that partners send besides the data import key, where their protocol has one. Not checked when undefined. */
  readonly partnerKey?: string | undefined;
  /** Largest push, decompressed. */
  readonly maxBodyBytes: number;
  /** Bytes of pushes being stored at once; beyond this, senders are asked to retry. */
  readonly maxQueuedBytes: number;
}

/**
 * `POST /partners/<partner>/…`: cohorts, in the partner's own protocol. A partner with a connector has the routes that
 * the connector declares; any other partner speaks Braze's partner protocol.
 */
export function registerCohorts(app: FastifyInstance, deps: CohortDeps): void {
  const { connectors, maxBodyBytes, maxQueuedBytes } = deps;
  let pendingBytes = 0;

  async function push(request: FastifyRequest, reply: FastifyReply, endpoint: Endpoint): Promise<FastifyReply> {
    const bytes = Buffer.isBuffer(request.body) ? request.body.length : 0;
    pendingBytes += bytes;
    try {
      const body = pendingBytes - bytes > maxQueuedBytes ? busy : await readText(request, maxBodyBytes);
      const push = pushOf(request, typeof body === 'string' ? body : '');
      const result = typeof body === 'string' ? await store(push, endpoint, request, deps) : body;
      if (result === 'unknown_partner') return refuse(reply, unknownPartner);
      count(endpoint, result, deps, typeof body === 'string' && result.outcome !== 'unavailable');
      return answer(reply, endpoint, push, result);
    } finally {
      pendingBytes -= bytes;
    }
  }

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) =>
      done(null, body),
    );
    const addRoute = (path: string, endpointOf: (request: FastifyRequest) => Endpoint | undefined): void => {
      scope.post(path, {
        errorHandler: (error: FastifyError, request, reply) => {
          const endpoint = endpointOf(request);
          if (!endpoint) return void refuse(reply, unknownPartner);
          const result = resultOf(error, request, maxBodyBytes);
          count(endpoint, result, deps);
          return void answer(reply, endpoint, pushOf(request, ''), result);
        },
        handler: async (request, reply) => {
          const endpoint = endpointOf(request);
          return endpoint ? push(request, reply, endpoint) : refuse(reply, unknownPartner);
        },
      });
    };
    for (const { name, cohortImport } of connectors.values())
      for (const route of cohortImport?.routes ?? [])
        addRoute(`/partners/${name}/${route.path}`, () => ({ partner: name, route }));
    for (const route of brazeCohorts.routes)
      addRoute(`/partners/:partner/${route.path}`, ({ params }) => {
        const { partner } = params as { readonly partner: string };
        return connectors.has(partner) ? undefined : { partner, route };
      });
  });
}

/** One of a partner's ways to push cohorts. */
interface Endpoint {
  readonly partner: string;
  readonly route: CohortRoute;
}

const unknownPartner = {
  code: 'NOT_FOUND',
  detail: 'there is no such partner endpoint; a data import key is shown with the endpoints it is for',
} as const;

function resultOf(error: FastifyError, request: FastifyRequest, maxBodyBytes: number): PushResult {
  return toPushResult(error.statusCode === 413 ? bodyTooLarge(maxBodyBytes) : refusalOf(error, request));
}

function toPushResult({ code, detail }: Refusal): PushResult {
  if (code === 'BODY_TOO_LARGE') return { outcome: 'too_large', detail };
  return { outcome: code === 'INTERNAL_SERVER_ERROR' ? 'unavailable' : 'unreadable', detail };
}

/** Partners whose key was not looked up count as `other`: anyone can send any name, and a metric keeps every label value. */
function count(
  { partner }: Endpoint,
  { outcome }: PushResult,
  { connectors, metrics }: CohortDeps,
  isLookedUp = false,
): void {
  metrics.pushed(isLookedUp || connectors.has(partner) ? partner : 'other', outcome);
}

/** Stores a push whose key is valid. The result says what to answer. */
async function store(
  push: Push,
  { partner, route }: Endpoint,
  request: FastifyRequest,
  deps: CohortDeps,
): Promise<PushResult | 'unknown_partner'> {
  try {
    const key = route.readKey(push);
    const keyId = key === undefined ? undefined : await deps.importKeys.check(partner, key);
    if (keyId === undefined) {
      const isKnown = deps.connectors.has(partner) || (await deps.isRegistered(partner));
      return isKnown ? refusedKey(key, route) : 'unknown_partner';
    }
    if (deps.partnerKey !== undefined && route.readPartnerKey && !isSame(route.readPartnerKey(push), deps.partnerKey)) {
      return {
        outcome: 'unauthorised',
        detail: 'the partner key is not the one in PARTNER_API_KEY',
      };
    }
    const parsed = route.parse(push);
    if ('unreadable' in parsed) return { outcome: 'unreadable', detail: parsed.unreadable };
    return await deps.storePush({ partner, keyId, body: push.body, parsed });
  } catch (error) {
    request.log.warn(
      { event: 'push.failed', requestId: request.id, partner, err: error },
      'a push could not be stored; its sender was asked to retry',
    );
    return {
      outcome: 'unavailable',
      detail: 'the push could not be stored; repeat it later, it will be stored once',
    };
  }
}

function refusedKey(key: string | undefined, { description }: CohortRoute): PushResult {
  const detail =
    key === undefined
      ? `expected a data import key, got none. ${description}`
      : 'this data import key does not exist for this partner or has been revoked';
  return { outcome: 'unauthorised', detail };
}

/** Compares two keys in constant time. */
function isSame(key: string | undefined, expected: string): boolean {
  const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  return key !== undefined && timingSafeEqual(hashOf(key), hashOf(expected));
}

const busy: PushResult = {
  outcome: 'busy',
  detail: 'pushes arrive faster than they can be stored; repeat this one later',
};

function pushOf(request: FastifyRequest, body: string): Push {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { path: request.params as Push['path'], headers, body };
}

/** The body as text, or why it cannot be read. JSON is always UTF-8, so the content type's charset is ignored. */
async function readText(request: FastifyRequest, maxBodyBytes: number): Promise<string | PushResult> {
  const body = await decompressBody(request, maxBodyBytes);
  return Buffer.isBuffer(body) ? body.toString('utf8').replace(/^\ufeff/, '') : toPushResult(body);
}

function answer(reply: FastifyReply, { route }: Endpoint, push: Push, result: PushResult): FastifyReply {
  const { status, headers = {}, body } = route.reply(push, result);
  if (result.outcome === 'busy' || result.outcome === 'unavailable')
    reply.header('retry-after', reply.server.retryAfterSeconds);
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
}
