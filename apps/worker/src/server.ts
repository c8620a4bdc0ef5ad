import { createServer as createHttpServer, type Server } from 'node:http';
import type { Metrics } from '@currents/core';

/** What an operator's tools ask of a worker: is it alive, is it ready, how is it doing. */
export function createServer({
  metrics,
  ready,
}: {
  readonly metrics: Metrics;
  readonly ready: () => Promise<void>;
}): Server {
  return createHttpServer((request, response) => {
    void answer(request.url ?? '', metrics, ready).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
}

const json = 'application/json';

async function answer(url: string, metrics: Metrics, ready: () => Promise<void>) {
  switch (url.split('?')[0]) {
    case '/healthz':
      return { status: 200, type: json, body: '{"status":"ok"}' };
    case '/readyz':
      return ready().then(
        () => ({ status: 200, type: json, body: '{"status":"ready"}' }),
        () => ({ status: 503, type: json, body: '{"status":"not ready","detail":"the database does not answer"}' }),
      );
    case '/metrics':
      return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
    default:
      return {
        status: 404,
        type: json,
        body: '{"error":{"code":"not_found","detail":"a worker answers /healthz, /readyz and /metrics"}}',
      };
  }
}
