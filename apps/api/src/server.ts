import type { Metrics } from '@currents/core';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { registerIngest, type IngestDeps } from './ingest.js';

export interface ServerDeps extends IngestDeps {
  readonly log: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Rejects when the process cannot do its work at this moment. */
  readonly ready: () => Promise<void>;
}

/** The front door, without the admin's. */
export function createServer(deps: ServerDeps): FastifyInstance {
  const app = fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger made for every request costs more than reading its head, and adds a number that nobody looks for.
    childLoggerFactory: (log) => log,
    forceCloseConnections: 'idle',
    // A client that sends slower than this holds a connection for nothing.
    requestTimeout: 120_000,
  });
  closeAfterAnswer(app);
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: {
        code: 'not_found',
        detail: `there is no ${request.method} ${request.url.split('?')[0]}; events go to POST /v1/events`,
      },
    }),
  );
  registerOperations(app, deps);
  registerIngest(app, deps);
  return app;
}

/** What an operator's tools ask: is it alive, is it ready, how is it doing. */
function registerOperations(app: FastifyInstance, { metrics, ready }: Pick<ServerDeps, 'metrics' | 'ready'>): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    try {
      await ready();
      return { status: 'ready' };
    } catch {
      return reply.code(503).send({ status: 'not ready', detail: 'the database does not answer' });
    }
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}

/** Once the process is told to stop, every answer also ends its connection: one kept alive would hold the stop up for minutes. */
function closeAfterAnswer(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}
