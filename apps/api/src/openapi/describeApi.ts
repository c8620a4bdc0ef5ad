import { version, type Connectors } from '@currents/core';
import { eventPaths } from './eventPaths.js';
import { operationsPaths } from './operationsPaths.js';
import { pagePaths } from './pagePaths.js';
import { partnerPaths } from './partnerPaths.js';
import { exampleRequestId, problemResponse, problemSchema } from './problemResponses.js';
import { segmentPaths } from './segmentPaths.js';
import { sessionPaths } from './sessionPaths.js';
import type { OpenApiDocument, Operation, Paths, Response, Responses } from './types.js';

/**
 * The description of every HTTP endpoint of the api but `POST /graphql`, whose schema describes itself. The test
 * `openapi/contract` compares it with the routes and with what they answer.
 */
export function describeApi(connectors: Pick<Connectors, 'values'>): OpenApiDocument {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Currents',
      version,
      description: [
        'The HTTP endpoints of a hub between a messaging platform and product analytics: events and cohorts come in, and members of segments go out. Everything else (Currents, segments, keys, dead letters and what an admin does) is the GraphQL API at `POST /graphql`, which describes itself.',
        'Every answer has the header `X-Request-Id`. Errors are problem documents (RFC 9457), except at `/partners/…`, where partners expect their own form. Where an answer has `Retry-After`, the same request may succeed after that many seconds, and is stored once.',
        'Beside the answers of each operation: an unknown path is answered 404 (`NOT_FOUND`), and another method than the listed ones 405 (`METHOD_NOT_ALLOWED`), with the header `Allow`. HEAD is accepted wherever GET is. A path that cannot be decoded, or a request that is not HTTP, is answered 400, and headers of more than 16 KB 431.',
      ].join('\n\n'),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The hub that serves this document.' }],
    tags: [
      { name: 'Events', description: 'Events of a messaging platform.' },
      { name: 'Cohorts', description: 'Cohorts that Mixpanel, Amplitude and other partners push.' },
      { name: 'Segments', description: 'Members of segments, for a messaging platform.' },
      { name: 'Operations', description: 'For an orchestrator and for Prometheus.' },
      { name: 'Console', description: 'How a browser signs in to the web console.' },
      { name: 'Pages', description: 'The web console, and this description.' },
    ],
    paths: complete({
      ...eventPaths,
      ...partnerPaths(connectors),
      ...segmentPaths,
      ...operationsPaths,
      ...sessionPaths,
      ...pagePaths,
    }),
    components: {
      schemas: { Problem: problemSchema },
      headers: {
        RequestId: {
          description: 'Identifies the request in the log of the hub.',
          required: true,
          schema: { type: 'string', format: 'uuid', examples: [exampleRequestId] },
        },
      },
      responses: {
        Other: withRequestId(problemResponse(['REQUEST_TIMEOUT', 'INTERNAL_SERVER_ERROR'])),
      },
      securitySchemes: {
        ingestToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'An ingest token, which the mutation `createIngestToken` shows once.',
        },
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'An admin token, which the mutation `createAdminToken` shows once.',
        },
        consoleSession: {
          type: 'apiKey',
          in: 'cookie',
          name: 'currents_session',
          description: 'The session of a browser that signed in to the console. Programs send an admin token.',
        },
        importKeyBasic: {
          type: 'http',
          scheme: 'basic',
          description: 'A data import key, which the mutation `createImportKey` shows once, as user or password.',
        },
        importKeyBearer: { type: 'http', scheme: 'bearer', description: 'A data import key.' },
        importKeyHeader: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Data-Import-Key',
          description: 'A data import key.',
        },
      },
    },
  };
}

/** Adds what every operation answers. */
function complete(paths: Paths): Paths {
  return mapValues(paths, (operations) =>
    mapValues(operations, (operation: Operation) => ({
      ...operation,
      responses: {
        ...mapValues(operation.responses, (response: Responses[string]) =>
          '$ref' in response ? response : withRequestId(response),
        ),
        default: { $ref: '#/components/responses/Other' },
      },
    })),
  );
}

function withRequestId(response: Response): Response {
  return {
    ...response,
    headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...response.headers },
  };
}

function mapValues<Value, Result>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Readonly<Record<string, Result>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
