import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import { httpProblem, problemMediaType, type HttpProblemCode, type Metrics } from '@currents/core';

export interface ServerDeps {
  readonly log: { error(fields: object, message: string): void };
  readonly metrics: Metrics;
  /** Whether the process has been asked to end. */
  readonly isStopping: () => boolean;
  /** Rejects while the worker cannot do its work. */
  readonly ready: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The worker's HTTP server: liveness, readiness and Prometheus metrics. Errors are problem documents (RFC 9457). */
export function createServer(deps: ServerDeps): Server {
  return createHttpServer((request, response) => {
    const requestId = randomUUID();
    const failed = (error: unknown): Answer => {
      deps.log.error({ event: 'request.failed', requestId, url: request.url, err: error }, 'a request failed');
      return problem(
        'INTERNAL_SERVER_ERROR',
        'the request failed; the log explains it under this requestId',
        requestId,
      );
    };
    void answer(request.method ?? '', request.url ?? '', requestId, deps)
      .catch(failed)
      .then(({ status, headers, body }) => {
        response.writeHead(status, { ...headers, 'x-request-id': requestId }).end(body);
      });
  });
}

async function answer(
  method: string,
  url: string,
  requestId: string,
  { metrics, isStopping, ready }: ServerDeps,
): Promise<Answer> {
  const path = url.split('?')[0] ?? '';
  const endpoints: Readonly<Record<string, () => Promise<Answer>>> = {
    '/healthz': async () => ok('application/json', '{"status":"ok"}'),
    '/readyz': async () => {
      if (isStopping()) return problem('UNAVAILABLE', 'the worker is stopping', requestId);
      return ready().then(
        () => ok('application/json', '{"status":"ready"}'),
        () => problem('UNAVAILABLE', 'the database does not answer', requestId),
      );
    },
    '/metrics': async () => ok(metrics.registry.contentType, await metrics.scrape()),
  };
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  if (!endpoint) return problem('NOT_FOUND', 'a worker answers /healthz, /readyz and /metrics', requestId);
  if (method === 'GET' || method === 'HEAD') return endpoint();
  const refusal = problem('METHOD_NOT_ALLOWED', `expected GET or HEAD ${path}, got ${method}`, requestId);
  return { ...refusal, headers: { ...refusal.headers, allow: 'GET, HEAD' } };
}

function ok(type: string, body: string): Answer {
  return { status: 200, headers: { 'content-type': type }, body };
}

function problem(code: HttpProblemCode, detail: string, requestId: string): Answer {
  const document = httpProblem(code, detail, requestId);
  return { status: document.status, headers: { 'content-type': problemMediaType }, body: JSON.stringify(document) };
}
