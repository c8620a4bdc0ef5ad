import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { listen } from './listen.js';

const id = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
    .refine((text) => !/^0+$/.test(text));
const nanoseconds = z.string().regex(/^\d{19}$/);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.union([z.number().int(), z.string().regex(/^-?\d+$/)]) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ arrayValue: z.object({ values: z.array(z.unknown()) }) }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value })).default([]);
const span = z.strictObject({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: id(8).optional(),
  traceState: z.string().optional(),
  name: z.string().min(1),
  kind: z.number().int().min(1).max(5),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  droppedAttributesCount: z.literal(0),
  events: z.array(z.unknown()),
  droppedEventsCount: z.literal(0),
  links: z.array(
    z.strictObject({
      traceId: id(16),
      spanId: id(8),
      attributes,
      droppedAttributesCount: z.literal(0),
      traceState: z.string().optional(),
      flags: z.number().optional(),
    }),
  ),
  droppedLinksCount: z.literal(0),
  status: z.strictObject({ code: z.number().int().min(0).max(2), message: z.string().optional() }),
  flags: z.number().optional(),
});
const exportRequest = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.object({ name: z.string(), version: z.string().optional() }),
          spans: z.array(span),
          schemaUrl: z.string().optional(),
        }),
      ),
      schemaUrl: z.string().optional(),
    }),
  ),
});

export interface CollectedSpan extends Omit<z.infer<typeof span>, 'attributes'> {
  readonly service: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export type OtlpCollector = Awaited<ReturnType<typeof startOtlpCollector>>;

/** A strict collector of traces: OTLP/HTTP with JSON (OpenTelemetry Protocol Specification 1.x). It keeps what it takes. */
export async function startOtlpCollector() {
  const spans: CollectedSpan[] = [];
  const complaints: string[] = [];
  const bodies: string[] = [];
  const headers: IncomingMessage['headers'][] = [];

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isZipped = request.headers['content-encoding'] === 'gzip';
    const text = (isZipped ? gunzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks)).toString();
    const fault = faultOf(request, text);
    bodies.push(text);
    headers.push(request.headers);
    if (fault !== undefined) complaints.push(fault);
    response.writeHead(fault === undefined ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
  }

  function faultOf({ method, url, headers: sent }: IncomingMessage, text: string): string | undefined {
    if (method !== 'POST' || url !== '/v1/traces') return `expected POST /v1/traces, got ${method} ${url}`;
    if (sent['content-type'] !== 'application/json') return `expected JSON, got ${sent['content-type']}`;
    const read = exportRequest.safeParse(JSON.parse(text));
    if (!read.success) return z.prettifyError(read.error);
    for (const { resource, scopeSpans } of read.data.resourceSpans) {
      const service = String(valuesOf(resource.attributes)['service.name']);
      for (const { spans: sentSpans } of scopeSpans)
        for (const each of sentSpans) spans.push({ ...each, service, attributes: valuesOf(each.attributes) });
    }
    return undefined;
  }

  const { url, close } = await listen(0, (request, response) => void take(request, response));
  return {
    url,
    spans: spans as readonly CollectedSpan[],
    /** What a collector would refuse. */
    complaints: complaints as readonly string[],
    /** Everything that was sent. */
    text: () => bodies.join('\n'),
    headers: headers as readonly IncomingMessage['headers'][],
    close,
  };
}

function valuesOf(list: z.infer<typeof attributes>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(list.map(({ key, value: held }) => [key, Object.values(held)[0] as unknown]));
}
