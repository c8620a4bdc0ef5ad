import { promisify } from 'node:util';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import {
  startJobRunner,
  type Admin,
  type HubReporter,
  type HubStatusReader,
  type TailReaders,
  type ValidAdminToken,
} from '@currents/core';
import { decodeReceived, findInexactNumbers, type InexactNumber } from '@currents/schema';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signInAdmin, type AdminSignIn } from '../adminSignIn.js';
import { charsetRefusal } from '../body/charset.js';
import { bodyRefusal, decompress, takeBody, type RequestBodies } from '../body/requestBodies.js';
import { refusalOf, refuse, type Refusal } from '../problem.js';
import { createAdminApi } from './api.js';
import { createActivityLoader } from './base/activityLoader.js';
import type { AdminContext } from './base/context.js';
import { createNodeLoader } from './base/node.js';
import { maxQueryMs, queryCosts, type QueryCosts } from './costs.js';
import { createAdmission } from './execution/admission.js';
import { createPacer, QueryStopped } from './execution/pacer.js';
import { wantsStream } from './subscriptions/serveSubscriptions.js';

export interface AdminDeps extends AdminSignIn {
  readonly admin: Admin;
  readonly hubStatus: Pick<HubStatusReader, 'read'>;
  readonly hub: HubReporter;
  readonly liveTail: TailReaders;
  readonly bodies: RequestBodies;
  readonly limits?: Partial<
    QueryCosts & { readonly maxQueryMs: number; readonly signInAgainMs: number; readonly jobAnswerMs: number }
  >;
}

/** Largest request body. A Current that names every event type takes about 10,000 bytes. */
export const maxBodyBytes = 256 * 1024;

declare module 'fastify' {
  interface FastifyRequest {
    adminToken: ValidAdminToken | null;
  }
}

/** `POST /graphql`. Requires an admin token. */
export async function registerAdmin(app: FastifyInstance, deps: AdminDeps): Promise<void> {
  const { admin, hubStatus, hub, liveTail, bodies, limits = {} } = deps;
  const { server: api, serveSubscription } = createAdminApi(app.log, limits);
  const pacer = createPacer({ maxMs: limits.maxQueryMs ?? maxQueryMs });
  const admission = createAdmission({ ...queryCosts, ...limits });
  await api.start();
  // Fastify closes its plugins once no request is under way.
  app.addHook('onClose', () => api.stop());
  const jobs = startJobRunner({ admin, log: app.log, answerMs: limits.jobAnswerMs });
  app.addHook('onClose', () => jobs.stop());
  await app.register(async (scope) => {
    scope.decorateRequest('adminToken', null);
    bodies.readIn(scope, () => ({ maxBytes: maxBodyBytes }));
    // Fastify's parser, but without its messages, which quote the body.
    const parse = promisify(scope.getDefaultJsonParser('error', 'error') as JsonParser);
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      answer(reply, bodyRefusal(error) ?? refusalOf(error, request)),
    );
    scope.post('/graphql', {
      onRequest: async (request, reply) => {
        const signedIn = await signInAdmin(request, 'graphql', deps);
        if ('code' in signedIn) return answer(reply, signedIn);
        request.adminToken = signedIn;
        const refusal = hostRefusal(request) ?? contentTypeRefusal(request.headers['content-type']);
        if (refusal) return answer(reply, refusal);
      },
      preHandler: async (request, reply) => {
        const body = takeBody(request, bodies);
        try {
          const refusal = await decompress(request, body, maxBodyBytes);
          if (refusal) return answer(reply, refusal);
          const { text, isDamaged } = decodeReceived(body.bytes);
          if (text === '') throw new NotJson('an empty body');
          if (isDamaged) throw new NotJson('bytes that are not UTF-8');
          request.body = await parse(request, text).catch(() => {
            throw new NotJson('something else');
          });
          const [inexact] = findInexactNumbers(text);
          if (inexact) return answer(reply, inexactRefusal(inexact));
        } finally {
          body.release();
        }
      },
      handler: async (request, reply) => {
        const openContext = (turns: Pick<AdminContext, 'pace' | 'ticket'>): AdminContext => {
          const { adminToken, headers, log } = request;
          if (adminToken === null) throw new Error('a request came past the check of its token');
          return {
            admin,
            hubStatus,
            hub,
            liveTail,
            jobs,
            adminTokenId: adminToken.id,
            role: adminToken.role,
            log,
            load: createNodeLoader(admin),
            loadActivity: createActivityLoader(admin),
            idempotencyKey: [headers['idempotency-key']].flat()[0],
            ...turns,
          };
        };
        if (wantsStream(request))
          return serveSubscription(reply, request.body, {
            openContext() {
              const pace = pacer.open();
              pace.neverStop();
              return openContext({ pace, ticket: admission.open() });
            },
            signInAgain: () => signInAdmin(request, 'graphql', deps),
          });
        const [pace, ticket] = [pacer.open(), admission.open()];
        const execute = fastifyApolloHandler<AdminContext>(api, { context: async () => openContext({ pace, ticket }) });
        // Answers may hold a token that is shown once.
        reply.header('cache-control', 'no-store');
        try {
          return await Promise.race([Reflect.apply(execute, scope, [request, reply]), pace.stopped]);
        } catch (error) {
          if (!(error instanceof QueryStopped)) throw error;
          return answer(reply, { code: 'UNAVAILABLE', detail: error.message });
        } finally {
          ticket.leave();
          const { fieldCount, usedMs } = pace;
          request.log.debug({ event: 'query.executed', requestId: request.id, cost: ticket.cost, fieldCount, usedMs });
        }
      },
    });
  });
}

type JsonParser = (request: FastifyRequest, body: string, done: (error: Error | null, value?: unknown) => void) => void;

/** Another number must not be stored in place of one that a 64-bit float does not hold. */
function inexactRefusal({ path }: InexactNumber): Refusal {
  const detail = 'expected a number that a 64-bit float holds exactly, got one with more digits';
  return { code: 'BAD_REQUEST', detail: `${path.join('.').slice(0, 100)}: ${detail}` };
}

class NotJson extends Error {
  readonly statusCode = 400;

  constructor(got: string) {
    super(`expected a JSON body without keys such as __proto__, got ${got}`);
    this.name = 'NotJson';
  }
}

/** Apollo makes a URL of the header Host, and fails where it names none. */
function hostRefusal({ url, protocol, hostname }: FastifyRequest): Refusal | undefined {
  if (URL.canParse(url, `${protocol}://${hostname}/`)) return undefined;
  return { code: 'BAD_REQUEST', detail: 'expected a header Host with the name of a host' };
}

/** A page of another site can send only other content types without asking first, so none is guessed. */
function contentTypeRefusal(contentType: string | undefined): Refusal | undefined {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? ''))
    return { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'expected content-type application/json' };
  return charsetRefusal(contentType);
}

/** A problem document with `errors` beside it, because GraphQL clients show the messages of these. */
function answer(reply: FastifyReply, refusal: Refusal): FastifyReply {
  return refuse(reply, refusal, { errors: [{ message: refusal.detail, extensions: { code: refusal.code } }] });
}
