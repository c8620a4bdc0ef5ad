import { createHash, timingSafeEqual } from 'node:crypto';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { CohortRoute, Push, PushResult } from '@currents/connector';
import type { Connectors, ImportKeys, Metrics, NewPush, PushStored } from '@currents/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { placeOf, type PushPlace } from './pushPlace.js';

const unzip = promisify(gunzip);

export interface CohortDeps {
  readonly connectors: Connectors;
  readonly importKeys: ImportKeys;
  readonly metrics: Pick<Metrics, 'pushed'>;
  /** Resolves once the push is committed. */
  readonly storePush: (push: NewPush) => Promise<PushStored>;
  /** Whether an admin has made a partner of this name known. */
  readonly isRegistered: (partner: string) => Promise<boolean>;
  /** What partners have to show beside the data import key, where their protocol has a key of the partner's; any will do when left out. */
  readonly partnerKey?: string | undefined;
  /** Of one push, unpacked. */
  readonly bodyBytes: number;
  /** Of all pushes that are being stored, beyond which further ones are asked to come again. */
  readonly queuedBytes: number;
  readonly retryAfterSeconds: number;
}

/** `POST /partners/<partner>/…`: cohorts, in the words of whoever pushes them. */
export function registerCohorts(app: FastifyInstance, deps: CohortDeps): void {
  const { bodyBytes } = deps;
  let underWayBytes = 0;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytes }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
      const place = placeOf(request.url, deps.connectors);
      const push = place && pushOf(request, place, '');
      if (place && push && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
        count(place, tooLarge(bodyBytes), deps);
        return answer(reply, place, push, tooLarge(bodyBytes), deps);
      }
      if ((error.statusCode ?? 500) < 500)
        return reply.code(error.statusCode ?? 400).send({ error: { code: 'bad_request', detail: error.message } });
      request.log.error({ event: 'cohorts.error', err: error });
      return reply
        .code(500)
        .send({ error: { code: 'internal_error', detail: 'the hub failed on this request; it has been logged' } });
    });
    scope.post('/partners/*', async (request, reply) => {
      const place = placeOf(request.url, deps.connectors);
      if (!place) return notFound(reply, request);
      const bytes = Buffer.isBuffer(request.body) ? request.body.length : 0;
      underWayBytes += bytes;
      try {
        const text = underWayBytes - bytes > deps.queuedBytes ? busy : await textOf(request, bodyBytes);
        const push = pushOf(request, place, typeof text === 'string' ? text : '');
        const result = typeof text === 'string' ? await take(push, place, request, deps) : text;
        if (result === 'unknown_partner') return notFound(reply, request);
        count(place, result, deps, typeof text === 'string' && result.outcome !== 'unavailable');
        return answer(reply, place, push, result, deps);
      } finally {
        underWayBytes -= bytes;
      }
    });
  });
}

/** Names that nobody looked up are counted as one: anybody may knock with any name, and metrics keep each for ever. */
function count(
  { partner }: PushPlace,
  { outcome }: PushResult,
  { connectors, metrics }: CohortDeps,
  isLookedUp = false,
): void {
  metrics.pushed(isLookedUp || connectors.has(partner) ? partner : 'other', outcome);
}

/** Stores a push whose key is good, and says what is to be answered. */
async function take(
  push: Push,
  { partner, route }: PushPlace,
  request: FastifyRequest,
  deps: CohortDeps,
): Promise<PushResult | 'unknown_partner'> {
  try {
    const key = route.keyOf(push);
    const keyId = key === undefined ? undefined : await deps.importKeys.check(partner, key);
    if (keyId === undefined) {
      const isKnown = deps.connectors.has(partner) || (await deps.isRegistered(partner));
      return isKnown ? refusedKey(key, route) : 'unknown_partner';
    }
    if (deps.partnerKey !== undefined && route.partnerKeyOf && !isSame(route.partnerKeyOf(push), deps.partnerKey)) {
      return {
        outcome: 'unauthorised',
        detail: 'the key of the partner is not the one that the operator of this hub has set',
      };
    }
    const parsed = route.parse(push);
    if ('unreadable' in parsed) return { outcome: 'unreadable', detail: parsed.unreadable };
    return await deps.storePush({ partner, keyId, body: push.body, parsed });
  } catch (error) {
    request.log.warn(
      { event: 'cohorts.unavailable', partner, err: error },
      'a push could not be stored, and was told so',
    );
    return {
      outcome: 'unavailable',
      detail: 'the push could not be stored; send it again later, it will not be taken twice',
    };
  }
}

function refusedKey(key: string | undefined, { description }: CohortRoute): PushResult {
  const detail =
    key === undefined
      ? `wanted a data import key; none came. ${description}`
      : 'this data import key is not known for this partner, or has been invalidated';
  return { outcome: 'unauthorised', detail };
}

/** Compares in the same time wherever two keys differ. */
function isSame(given: string | undefined, wanted: string): boolean {
  const [one, other] = [given ?? '', wanted].map((key) => createHash('sha256').update(key).digest()) as [
    Buffer,
    Buffer,
  ];
  return given !== undefined && timingSafeEqual(one, other);
}

const busy: PushResult = {
  outcome: 'busy',
  detail: 'more is coming in than can be stored; nothing of this push was kept, send it again later',
};

function tooLarge(bodyBytes: number): PushResult {
  return {
    outcome: 'too_large',
    detail: `wanted a body of up to ${bodyBytes} bytes, unpacked; send the members in smaller parts`,
  };
}

function pushOf(request: FastifyRequest, { path }: PushPlace, body: string): Push {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { path, headers, body };
}

/** The body as text, unpacked; or why there is none. JSON is UTF-8, whatever else the content type may say of it. */
async function textOf(request: FastifyRequest, bodyBytes: number): Promise<string | PushResult> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity' || body.length === 0) return plain(body);
  if (encoding !== 'gzip') return { outcome: 'unreadable', detail: 'wanted content-encoding gzip, or none' };
  try {
    return plain(await unzip(body, { maxOutputLength: bodyBytes, chunkSize: 256 * 1024 }));
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge
      ? tooLarge(bodyBytes)
      : { outcome: 'unreadable', detail: 'the body says it is gzip, but does not unpack as gzip' };
  }
}

function plain(body: Buffer): string {
  return body.toString('utf8').replace(/^\ufeff/, '');
}

function answer(
  reply: FastifyReply,
  { route }: PushPlace,
  push: Push,
  result: PushResult,
  { retryAfterSeconds }: CohortDeps,
): FastifyReply {
  const { status, headers = {}, body } = route.reply(push, result);
  if (result.outcome === 'busy' || result.outcome === 'unavailable') reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
}

function notFound(reply: FastifyReply, request: FastifyRequest): FastifyReply {
  const detail = `there is no POST ${request.url.split('?')[0]}; cohorts go to the endpoints that the hub shows with a data import key, such as /partners/mixpanel/webhook`;
  return reply.code(404).send({ error: { code: 'not_found', detail } });
}
