import { createHash, timingSafeEqual } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  brazeCohorts,
  readPushBodyInSteps,
  trimPasted,
  type CohortRoute,
  type Push,
  type PushResult,
} from '@currents/connector';
import {
  createOneAtATime,
  runInSteps,
  type Connectors,
  type ImportKeys,
  type Metrics,
  type NewPush,
  type PushStored,
  type SignInFailures,
} from '@currents/core';
import { decodeInSteps, maxCharactersAtOnce } from '@currents/schema';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { charsetRefusal } from './body/charset.js';
import { bodyRefusal, decompress, takeBody, type HeldBody, type RequestBodies } from './body/requestBodies.js';
import { createPartnerLookup } from './partnerLookup.js';
import { closeUnread, refusalOf, refuse, tooManyFailures, type Refusal } from './problem.js';

export interface CohortDeps {
  readonly connectors: Connectors;
  readonly importKeys: ImportKeys;
  readonly signInFailures: SignInFailures;
  readonly metrics: Pick<Metrics, 'pushed'>;
  readonly bodies: RequestBodies;
  /** Resolves once the push is committed. */
  readonly storePush: (push: NewPush) => Promise<PushStored>;
  /** Whether an admin created a partner of this name. */
  readonly isRegistered: (partner: string) => Promise<boolean>;
  /** The partner key that partners send besides the data import key, where their protocol has one. Not checked when undefined. */
  readonly partnerKey?: string | undefined;
  /** Largest push, decompressed. */
  readonly maxBodyBytes: number;
  /** Bytes of pushes being stored at once, decompressed; beyond this, senders are asked to retry. */
  readonly maxQueuedBytes: number;
}

/**
 * Largest push whose key is in its body, decompressed: its sender is not known before that. A push of Braze's protocol has
 * at most 1,000 ids.
 */
const maxStrangerBodyBytes = 1024 * 1024;
/** Bytes that pushes of unknown senders may hold together, of the bytes of all requests. */
const maxStrangerBytes = 8 * 1024 * 1024;

/**
 * `POST /partners/<partner>/…`: cohorts, in the partner's own protocol. A partner with a connector has the routes that
 * the connector declares; any other partner speaks Braze's partner protocol.
 *
 * A caller without a valid key causes little work: the partner's name, and a key in the headers, are checked before the body is
 * read; a body that has the key in it is small, and one such body is decompressed and searched at a time.
 */
export function registerCohorts(app: FastifyInstance, deps: CohortDeps): void {
  const { connectors, bodies, maxBodyBytes, maxQueuedBytes } = deps;
  const strangers = {
    maxBytes: Math.min(maxBodyBytes, maxStrangerBodyBytes),
    budget: bodies.budget.share(maxStrangerBytes),
  };
  const oneLongPush = createOneAtATime({ maxWaiting: 100 });
  const oneStranger = createOneAtATime({ maxWaiting: 100, pauseFactor: 4 });
  const isRegistered = createPartnerLookup(deps.isRegistered);
  let pendingBytes = 0;

  /** Refuses what can be refused without the body. */
  async function admit(request: FastifyRequest, reply: FastifyReply, endpoint: Endpoint): Promise<unknown> {
    const push = pushOf(request, '');
    const { partner, route } = endpoint;
    try {
      if (route.keyIn === 'headers') {
        const key = await checkKey(push, endpoint, request, deps);
        if (typeof key !== 'number') return conclude(reply, endpoint, push, key);
        request.importKeyId = key;
      } else if (!connectors.has(partner)) {
        const known = await isRegistered(partner);
        if (known === 'busy') return conclude(reply, endpoint, push, busy, 'other');
        if (!known) return refuse(reply, unknownPartner);
      }
    } catch (error) {
      // Anyone can send any name, and a metric keeps every label value.
      const label = connectors.has(partner) ? partner : 'other';
      return conclude(reply, endpoint, push, unavailable(error, request, partner), label);
    }
    const charset = charsetRefusal(request.headers['content-type']);
    return charset && conclude(reply, endpoint, push, toPushResult(charset));
  }

  async function push(request: FastifyRequest, reply: FastifyReply, endpoint: Endpoint): Promise<FastifyReply> {
    const body = takeBody(request, bodies);
    try {
      const read = await (endpoint.route.keyIn === 'headers'
        ? readPush(request, body, maxBodyBytes)
        : oneStranger.run(() => readPush(request, body, strangers.maxBytes, endpoint.route)));
      if (read === undefined) return conclude(reply, endpoint, pushOf(request, ''), busy);
      const { push } = read;
      if ('result' in read) return conclude(reply, endpoint, push, read.result);
      const bytes = body.length;
      // A body with its key in it is small, and parsed once the key is known to be valid.
      if (endpoint.route.keyIn === 'headers' && push.body.length > maxCharactersAtOnce) {
        const parsed = oneLongPush.run(() => runInSteps(readPushBodyInSteps(push)));
        if (parsed === undefined) return conclude(reply, endpoint, pushOf(request, ''), busy);
        await parsed;
      }
      const isFull = pendingBytes > maxQueuedBytes;
      pendingBytes += bytes;
      try {
        return conclude(reply, endpoint, push, isFull ? busy : await store(push, endpoint, request, deps));
      } finally {
        pendingBytes -= bytes;
      }
    } finally {
      body.release();
    }
  }

  function conclude(
    reply: FastifyReply,
    endpoint: Endpoint,
    push: Push,
    result: PushAnswer,
    label = endpoint.partner,
  ): FastifyReply {
    deps.metrics.pushed(label, result.outcome);
    return answer(reply, endpoint, push, result);
  }

  app.register(async (scope) => {
    scope.decorateRequest('importKeyId', 0);
    bodies.readIn(scope, ({ importKeyId }) => (importKeyId === 0 ? strangers : { maxBytes: maxBodyBytes }));
    const addRoute = (path: string, endpointOf: (request: FastifyRequest) => Endpoint | undefined): void => {
      scope.post(path, {
        onRequest: async (request, reply) => {
          const endpoint = endpointOf(request);
          return endpoint ? admit(request, reply, endpoint) : refuse(reply, unknownPartner);
        },
        errorHandler: (error: FastifyError, request, reply) => {
          const endpoint = endpointOf(request);
          if (!endpoint) return void refuse(reply, unknownPartner);
          const refusal = bodyRefusal(error) ?? refusalOf(error, request);
          closeUnread(reply, refusal.code);
          const push = pushOf(request, '');
          if (refusal.code === 'CLIENT_CLOSED_REQUEST')
            return void answer(reply, endpoint, push, toPushResult(refusal));
          return void conclude(reply, endpoint, push, toPushResult(refusal));
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

declare module 'fastify' {
  interface FastifyRequest {
    /** The data import key in the request's headers, once it is checked; 0 before that. */
    importKeyId: number;
  }
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

function toPushResult({ code, detail }: Refusal): PushResult {
  if (code === 'BODY_TOO_LARGE') return { outcome: 'too_large', detail };
  if (code === 'TOO_MANY_REQUESTS') return { outcome: 'busy', detail };
  return { outcome: code === 'INTERNAL_SERVER_ERROR' ? 'unavailable' : 'unreadable', detail };
}

/** @property retryAfterSeconds of an answer that asks to repeat the push; by default the setting. */
type PushAnswer = PushResult & { readonly retryAfterSeconds?: number };

/** The id of the key in the push, or what to answer without one. */
async function checkKey(
  push: Push,
  { partner, route }: Endpoint,
  { ip }: FastifyRequest,
  { importKeys, signInFailures }: CohortDeps,
): Promise<number | PushAnswer> {
  const given = route.readKey(push);
  // Somebody has pasted it at the partner.
  const key = given && trimPasted(given);
  if (!key) return { outcome: 'unauthorised', detail: `expected a data import key, got none. ${route.description}` };
  const keyId = await importKeys.check(partner, key, () => signInFailures.mayLookUp('partners', ip));
  return (
    keyId ?? wrongKey('this data import key does not exist for this partner or has been revoked', ip, signInFailures)
  );
}

function wrongKey(detail: string, ip: string, signInFailures: SignInFailures): PushAnswer {
  const retryAfterSeconds = signInFailures.failed('partners', ip);
  return retryAfterSeconds === undefined
    ? { outcome: 'unauthorised', detail }
    : { outcome: 'busy', detail: tooManyFailures, retryAfterSeconds };
}

/** Stores a push whose key is valid. The result says what to answer. */
async function store(push: Push, endpoint: Endpoint, request: FastifyRequest, deps: CohortDeps): Promise<PushAnswer> {
  const { partner, route } = endpoint;
  try {
    const keyId = route.keyIn === 'headers' ? request.importKeyId : await checkKey(push, endpoint, request, deps);
    if (typeof keyId !== 'number') return keyId;
    if (
      deps.partnerKey !== undefined &&
      route.readPartnerKey &&
      !isSame(trimPasted(route.readPartnerKey(push) ?? ''), deps.partnerKey)
    ) {
      return wrongKey('the partner key is not the one in PARTNER_API_KEY', request.ip, deps.signInFailures);
    }
    const parsed = route.parse(push);
    if ('unreadable' in parsed) return { outcome: 'unreadable', detail: parsed.unreadable };
    // What was read is stored in another turn of the event loop.
    if (push.body.length > maxCharactersAtOnce) await setImmediate();
    return await deps.storePush({ partner, keyId, body: push.body, parsed });
  } catch (error) {
    return unavailable(error, request, partner);
  }
}

function unavailable(error: unknown, request: FastifyRequest, partner: string): PushResult {
  request.log.warn(
    { event: 'push.failed', requestId: request.id, partner, err: error },
    'a push could not be stored; its sender was asked to retry',
  );
  return {
    outcome: 'unavailable',
    detail: 'the push could not be stored; repeat it later, it will be stored once',
  };
}

/** Compares two keys in constant time. */
function isSame(key: string, expected: string): boolean {
  const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hashOf(key), hashOf(expected));
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

/**
 * The push with its body, or what to answer instead. JSON is always UTF-8. Bytes that are not become half a character, so
 * that an id with one is refused and not mistaken for another's.
 * @param route whose key to look for in the body, so that this is done before the next body is decompressed.
 */
async function readPush(
  request: FastifyRequest,
  body: HeldBody,
  maxBytes: number,
  route?: CohortRoute,
): Promise<{ readonly push: Push } | { readonly push: Push; readonly result: PushResult }> {
  const refusal = await decompress(request, body, maxBytes);
  if (refusal) return { push: pushOf(request, ''), result: toPushResult(refusal) };
  const { text } = await runInSteps(decodeInSteps(body.bytes));
  const push = pushOf(request, text.replace(/^\ufeff/, ''));
  route?.readKey(push);
  return { push };
}

function answer(reply: FastifyReply, { route }: Endpoint, push: Push, result: PushAnswer): FastifyReply {
  const { status, headers = {}, body } = route.reply(push, result);
  if (result.outcome === 'busy' || result.outcome === 'unavailable')
    reply.header('retry-after', result.retryAfterSeconds ?? reply.server.retryAfterSeconds);
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
}
