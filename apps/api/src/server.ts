import type { Metrics } from '@currents/core';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { RequestBodies } from './body/requestBodies.js';
import type { TrustedProxies } from './trustedProxies.js';
import { answerWithProblems, makeRequestId, refuse, refuseBadUrl, refuseUnreadable } from './problem.js';

/** Characters of one path parameter, such as a list's id; Node limits the whole request head to 16 KB. */
const maxPathParameterLength = 1_024;

export interface ServerDeps {
  readonly log: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly bodies: Pick<RequestBodies, 'discardUnread'>;
  /** `Retry-After` of answers to requests that may succeed when repeated. */
  readonly retryAfterSeconds: number;
  /** Proxies whose `X-Forwarded-For` names the caller; none if undefined. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** Whether the process has been asked to end: it is not ready for new work then. */
  readonly isStopping: () => boolean;
  /** Rejects while the process cannot do its work. */
  readonly ready: () => Promise<void>;
}

/** The api's HTTP server with `/healthz`, `/readyz` and `/metrics`; each `register…` function adds an endpoint. */
export function createServer(deps: ServerDeps): FastifyInstance {
  const app = fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger made for every request costs more than parsing the request's head. Lines that need the id name it.
    childLoggerFactory: (log) => log,
    genReqId: makeRequestId,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxPathParameterLength },
    frameworkErrors: refuseBadUrl,
    clientErrorHandler: (error, socket) => refuseUnreadable(deps.log, error, socket),
    trustProxy: deps.trustedProxies ?? false,
    forceCloseConnections: 'idle',
    // Frees connections of clients that send more slowly than this.
    requestTimeout: 120_000,
  });
  deps.bodies.discardUnread(app);
  answerWithProblems(app, deps.retryAfterSeconds);
  closeAfterAnswer(app, deps.isStopping);
  registerOperations(app, deps);
  return app;
}

/** Liveness, readiness and Prometheus metrics. */
function registerOperations(
  app: FastifyInstance,
  { metrics, isStopping, ready }: Pick<ServerDeps, 'metrics' | 'isStopping' | 'ready'>,
): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (isStopping()) return refuse(reply, { code: 'UNAVAILABLE', detail: 'the api is stopping' });
    try {
      await ready();
      return { status: 'ready' };
    } catch {
      return refuse(reply, { code: 'UNAVAILABLE', detail: 'the database does not answer' });
    }
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.scrape()));
}

/**
 * Makes every answer close its connection as soon as the process has been asked to end. A kept-alive connection would
 * otherwise stay with this process for the whole drain time, and break when a request arrives in the moment of its end;
 * a client that opens a new one gets a process that is ready from the balancer.
 */
function closeAfterAnswer(app: FastifyInstance, isStopping: () => boolean): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing || isStopping()) reply.header('connection', 'close');
  });
}
