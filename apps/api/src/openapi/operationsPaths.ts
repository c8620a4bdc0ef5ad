import { problemResponses } from './problemResponses.js';
import type { MediaType, Operation, Paths } from './types.js';

const statusBody = (status: string): Readonly<Record<string, MediaType>> => ({
  'application/json': {
    schema: {
      type: 'object',
      required: ['status'],
      additionalProperties: false,
      properties: { status: { const: status } },
    },
    examples: { [status]: { value: { status } } },
  },
});

const open = { tags: ['Operations'], security: [] } as const satisfies Partial<Operation>;

/** `/healthz`, `/readyz` and `/metrics`: see `createServer`. */
export const operationsPaths: Paths = {
  '/healthz': {
    get: {
      ...open,
      operationId: 'checkHealth',
      summary: 'Is the process alive?',
      description: 'For a liveness probe: answered as long as the process runs. Restart it when this fails.',
      responses: { 200: { description: 'The process runs.', content: statusBody('ok') } },
    },
  },
  '/readyz': {
    get: {
      ...open,
      operationId: 'checkReadiness',
      summary: 'Can the process do its work?',
      description:
        'For a readiness probe, and for a load balancer: send no requests to a process that answers 503. It asks the database.',
      responses: {
        200: { description: 'The database answers.', content: statusBody('ready') },
        ...problemResponses(['UNAVAILABLE']),
      },
    },
  },
  '/metrics': {
    get: {
      ...open,
      operationId: 'readMetrics',
      summary: 'Metrics for Prometheus',
      description:
        'All metrics of the process and the gauges of the hub. They name Currents, destinations and event types, and no user. Keep the path inside your network.',
      responses: {
        200: {
          description: 'The metrics, in the text format of Prometheus.',
          content: {
            'text/plain': {
              schema: { type: 'string' },
              examples: { metrics: { value: 'currents_events_accepted_total 2\n' } },
            },
          },
        },
      },
    },
  },
};
