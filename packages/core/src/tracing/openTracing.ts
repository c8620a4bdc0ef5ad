import type { Attributes, Link, Span, SpanContext } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import type { Http, HttpAnswer } from '@currents/connector';
import type { Logger } from 'pino';
import { oncePerMinute } from '../process/oncePerMinute.js';
import { OperatorError } from '../operatorError.js';
import { version } from '../process/version.js';
import type { SamplerName } from '../process/samplerNames.js';
import { samplerOf } from './sampler.js';
import { storedSpanBytes, type RequestTrace, type StoringTrace, type Tracing } from './tracing.js';

export interface TracingOptions {
  /** `service.name`, such as `currents-api`. */
  readonly service: string;
  /** Where OTLP/HTTP is taken. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** Share of the requests, for the samplers that have one. */
  readonly ratio: number;
  /** Whether requests to partners carry `traceparent`. */
  readonly passesOn: boolean;
  readonly log: Pick<Logger, 'warn'>;
}

const packages = [
  '@opentelemetry/api@1.9.1',
  '@opentelemetry/core@2.12.1',
  '@opentelemetry/resources@2.12.1',
  '@opentelemetry/sdk-trace-base@2.12.1',
  '@opentelemetry/exporter-trace-otlp-http@0.223.1',
];

/** For one export, with its repetitions. A process that stops waits for the last one. */
const timeoutMillis = 5_000;

/** Loads OpenTelemetry, and begins to send traces. Throws `OperatorError` where its packages are not installed. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { api, core, resources, sdk, exporter } = await loadPackages();
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api;
  const onError = oncePerMinute(options.log, { event: 'traces.export_failed', message: 'traces could not be sent' });
  core.setGlobalErrorHandler(onError);
  const processor = new sdk.BatchSpanProcessor(
    new exporter.OTLPTraceExporter({ url: options.url, headers: { ...options.headers }, timeoutMillis }),
  );
  const resource = resources.resourceFromAttributes({ 'service.name': options.service, 'service.version': version });
  const providerWith = (sampler: Sampler) =>
    new sdk.BasicTracerProvider({ resource, sampler, spanProcessors: [processor] });
  const requests = providerWith(samplerOf(sdk, options)).getTracer('currents', version);
  // An attempt is traced because a request was: there is nothing left to decide.
  const attempts = providerWith(new sdk.AlwaysOnSampler()).getTracer('currents', version);

  return {
    request({ traceparent, requestId, tokenId }) {
      const parent = traceparent === undefined ? null : core.parseTraceParent(traceparent);
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
      const span = requests.startSpan('POST /v1/events', { kind: SpanKind.SERVER }, context);
      if (!span.isRecording()) return unsampled(headerOf(span.spanContext()));
      span.setAttributes({
        'http.request.method': 'POST',
        'http.route': '/v1/events',
        'currents.request.id': requestId,
        'currents.ingest_token.id': tokenId,
      });
      return sampled(span);
    },
    attempt(spans, { currentId, deliveries, events }) {
      const links = linksOf(spans, TraceFlags.SAMPLED);
      if (links.length === 0) return undefined;
      const span = attempts.startSpan('attempt', { kind: SpanKind.CONSUMER, links, root: true });
      span.setAttributes({
        'currents.current.id': currentId,
        'currents.delivery.count': deliveries,
        'currents.event.count': events,
      });
      const context = trace.setSpan(ROOT_CONTEXT, span);
      return {
        traced: (http) => tracedHttp(http, context),
        end({ requests: count, delivered, error }) {
          span.setAttributes({ 'currents.request.count': count, 'currents.event.delivered': delivered });
          if (error !== undefined) fail(span, error);
          span.end();
        },
      };
    },
    stop: () => processor.shutdown().catch(onError),
  };

  function sampled(span: Span): RequestTrace {
    let storing: Span | undefined;
    return {
      traceparent: headerOf(span.spanContext()),
      storing(): StoringTrace {
        const own = requests.startSpan('store', { kind: SpanKind.PRODUCER }, trace.setSpan(ROOT_CONTEXT, span));
        storing = own;
        return {
          position: positionOf(own.spanContext()),
          stored(batch) {
            own.setAttributes({ 'currents.batch.requests': batch.requests, 'currents.batch.events': batch.events });
            own.end();
          },
        };
      },
      end(status, counts) {
        // It is still open if the request was not stored, or by an earlier one with the same body.
        if (storing?.isRecording()) storing.end();
        span.setAttribute('http.response.status_code', status);
        if (counts)
          span.setAttributes({
            'currents.event.accepted': counts.accepted,
            'currents.event.quarantined': counts.quarantined,
          });
        if (status >= 500) fail(span, String(status));
        span.end();
      },
    };
  }

  function tracedHttp(http: Http, context: Parameters<typeof attempts.startSpan>[2]): Http {
    return {
      async request(request) {
        // Neither path nor query: they may hold what identifies a customer, or a secret.
        const { protocol, hostname, port } = new URL(request.url);
        const span = attempts.startSpan(request.method, { kind: SpanKind.CLIENT }, context);
        span.setAttributes({
          'http.request.method': request.method,
          'url.scheme': protocol.slice(0, -1),
          'server.address': hostname,
          ...(port !== '' && { 'server.port': Number(port) }),
        });
        const traceparent = headerOf(span.spanContext());
        const sent = options.passesOn ? { ...request, headers: { ...request.headers, traceparent } } : request;
        try {
          const answer = await http.request(sent);
          describeAnswer(span, answer);
          return answer;
        } finally {
          span.end();
        }
      },
    };
  }

  function describeAnswer(span: Span, answer: HttpAnswer): void {
    const attributes: Attributes = answer.status > 0 ? { 'http.response.status_code': answer.status } : {};
    span.setAttributes(attributes);
    if ('failure' in answer) fail(span, answer.failure);
    else if (answer.status >= 400) fail(span, String(answer.status));
  }

  function fail(span: Span, code: string): void {
    span.setAttribute('error.type', code);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}

async function loadPackages() {
  try {
    const [api, core, resources, sdk, exporter] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ]);
    return { api, core, resources, sdk, exporter };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new OperatorError(
      `TRACES_ENABLED needs packages that are not installed; run npm install --no-save ${packages.join(' ')}`,
      { cause: error },
    );
  }
}

function unsampled(traceparent: string): RequestTrace {
  return { traceparent, storing: () => undefined, end: () => undefined };
}

/** `traceparent` (W3C Trace Context, 3.2). */
function headerOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function positionOf({ traceId, spanId }: SpanContext): Buffer {
  return Buffer.from(traceId + spanId, 'hex');
}

/** A link to each stored span, once. What is not of the expected length is left out. */
function linksOf(stored: readonly (Buffer | null)[], traceFlags: number): Link[] {
  const positions = new Set<string>();
  for (const bytes of stored)
    for (let at = 0; bytes && at + storedSpanBytes <= bytes.length; at += storedSpanBytes)
      positions.add(bytes.toString('hex', at, at + storedSpanBytes));
  return Array.from(positions, (position) => ({
    context: { traceId: position.slice(0, 32), spanId: position.slice(32), traceFlags, isRemote: true },
  }));
}
