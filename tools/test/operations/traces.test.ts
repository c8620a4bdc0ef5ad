import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openTracing } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpCollector, type CollectedSpan, type OtlpCollector } from '../../src/fakes/otlpCollector.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';

const kinds = { server: 2, client: 3, producer: 4, consumer: 5 };
const idOf = (bytes: number): string => randomBytes(bytes).toString('hex');

describe('traces of a hub', () => {
  let collector: OtlpCollector;
  let hub: TestHub;
  let current: number;

  beforeAll(async () => {
    collector = await startOtlpCollector();
    hub = await startTestHub({
      projects: ['traced'],
      environment: {
        TRACES_ENABLED: 'true',
        // Only what the sender samples.
        OTEL_TRACES_SAMPLER_ARG: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20CANARY',
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    });
    current = await hub.launch('traced');
  }, 120_000);
  afterAll(async () => {
    await hub?.stop();
    await collector?.close();
  });

  async function post(batch: readonly unknown[], traceparent?: string): Promise<Response> {
    const response = await fetch(`${hub.hub.api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hub.token}`, ...(traceparent !== undefined && { traceparent }) },
      body: JSON.stringify({ events: batch }),
    });
    expect(response.status).toBe(200);
    return response;
  }
  const delivered = (count: number) =>
    until(
      () => ledgerOf(hub.sql, current),
      (counts) => counts.delivered === count,
    );
  const named = (name: string): readonly CollectedSpan[] => collector.spans.filter((span) => span.name === name);

  it('follow a sampled request from its sender to the partner', async () => {
    const [traceId, spanId] = [idOf(16), idOf(8)];
    const sent = events(3);
    const response = await post(sent, `00-${traceId}-${spanId}-01`);
    await delivered(3);
    await until(
      () => collector.spans.length,
      (count) => count >= 4,
    );
    expect(collector.complaints).toEqual([]);
    const [request, store, attempt, partner] = ['POST /v1/events', 'store', 'attempt', 'POST'].map(
      (name) => named(name)[0] as CollectedSpan,
    ) as [CollectedSpan, CollectedSpan, CollectedSpan, CollectedSpan];
    expect(request).toMatchObject({ service: 'currents-api', kind: kinds.server, traceId, parentSpanId: spanId });
    expect(request.attributes).toMatchObject({
      'http.response.status_code': 200,
      'currents.request.id': response.headers.get('x-request-id'),
      'currents.event.accepted': 3,
      'currents.event.quarantined': 0,
    });
    expect(response.headers.get('traceparent')).toBe(`00-${traceId}-${request.spanId}-01`);
    expect(store).toMatchObject({ kind: kinds.producer, traceId, parentSpanId: request.spanId });
    expect(store.attributes).toEqual({ 'currents.batch.requests': 1, 'currents.batch.events': 3 });
    // Its own trace, because one attempt carries the events of many requests.
    expect(attempt).toMatchObject({ service: 'currents-worker', kind: kinds.consumer });
    expect(attempt.traceId).not.toBe(traceId);
    expect(attempt.parentSpanId).toBeUndefined();
    expect(attempt.links.map((link) => [link.traceId, link.spanId])).toEqual([[traceId, store.spanId]]);
    expect(attempt.attributes).toEqual({
      'currents.current.id': current,
      'currents.delivery.count': 1,
      'currents.event.count': 3,
      'currents.request.count': 1,
      'currents.event.delivered': 3,
    });
    expect(partner).toMatchObject({
      kind: kinds.client,
      traceId: attempt.traceId,
      parentSpanId: attempt.spanId,
      status: { code: 0 },
    });
    expect(partner.attributes).toEqual({
      'http.request.method': 'POST',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(hub.mixpanel.url).port),
      'http.response.status_code': 200,
    });
    for (const { startTimeUnixNano, endTimeUnixNano } of collector.spans)
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  });

  it('do not reach partners, and hold neither secrets nor events', async () => {
    const [sent] = hub.mixpanel.control.ledger().requests.filter(({ path }) => path === '/import');
    expect(sent?.headers['traceparent']).toBeUndefined();
    const text = collector.text();
    const held = hub.mixpanel.control.ledger().stored.map(({ event }) => JSON.stringify(event));
    expect(held.length).toBe(3);
    const ids = held.flatMap((event) => [...event.matchAll(/"(?:\$insert_id|distinct_id|\$user_id)":"([^"]+)"/g)]);
    expect(ids.length).toBeGreaterThanOrEqual(6);
    const secrets = [hub.token, tokenOf('traced'), hub.hub.masterKey, hub.hub.adminToken ?? '', 'CANARY'];
    for (const secret of [...secrets, ...ids.map(([, id = '']) => id), 'someone@example.com'])
      expect(text).not.toContain(secret);
    expect(collector.headers[0]?.authorization).toBe('Bearer CANARY');
  });

  it('leave out requests that are not sampled', async () => {
    const before = collector.spans.length;
    const [unsampled, malformed, without] = [
      await post(events(1), `00-${idOf(16)}-${idOf(8)}-00`),
      await post(events(1), '00-zz-1-01'),
      await post(events(1)),
    ];
    for (const response of [unsampled, malformed, without])
      expect(response.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    const traceId = idOf(16);
    await post(events(1), `00-${traceId}-${idOf(8)}-01`);
    await delivered(7);
    // What comes of the sampled request comes after anything of the others.
    await until(
      () => collector.spans.slice(before),
      (spans) => spans.some(({ name }) => name === 'POST') && spans.some(({ name }) => name === 'store'),
    );
    const more = collector.spans.slice(before);
    expect(more.filter(({ service }) => service === 'currents-api').map((span) => span.traceId)).toEqual(
      Array.from({ length: 2 }, () => traceId),
    );
    expect(more.filter(({ name }) => name === 'attempt')).toHaveLength(1);
  });

  it('show a request that is refused', async () => {
    const traceId = idOf(16);
    const response = await fetch(`${hub.hub.api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hub.token}`, traceparent: `00-${traceId}-${idOf(8)}-01` },
      body: '{',
    });
    expect(response.status).toBe(400);
    const [refused] = await until(
      () => collector.spans.filter((span) => span.traceId === traceId),
      ({ length }) => length > 0,
    );
    expect(refused?.attributes).toMatchObject({ 'http.response.status_code': 400 });
  });
});

describe('openTracing', () => {
  const facts = { traceparent: undefined, requestId: 'a-request', tokenId: 1 };
  const attempt = { currentId: 1, deliveries: 2, events: 2 };
  const open = (url: string, more: Partial<Parameters<typeof openTracing>[0]> = {}) =>
    openTracing({
      service: 'test',
      url: `${url}/v1/traces`,
      headers: {},
      sampler: 'parentbased_traceidratio',
      ratio: 1,
      passesOn: true,
      log: { warn: () => undefined },
      ...more,
    });

  it('links an attempt to each stored span once, and passes its requests on where that is wanted', async () => {
    const collector = await startOtlpCollector();
    const tracing = await open(collector.url);
    const position = tracing.request(facts).storing()?.position ?? Buffer.alloc(0);
    expect(position).toHaveLength(24);
    const trace = tracing.attempt([position, null, Buffer.concat([position, Buffer.alloc(24, 7)])], attempt);
    let header: string | undefined;
    const http = trace?.traced({
      request: async ({ headers }) => {
        header = headers?.['traceparent'];
        return { status: 503, headers: {}, body: '' };
      },
    });
    await http?.request({ method: 'POST', url: 'https://example.com/secret?token=CANARY', headers: {}, body: '' });
    trace?.end({ requests: 1, delivered: 0, error: 'http_503' });
    await tracing.stop();
    await collector.close();
    expect(collector.complaints).toEqual([]);
    const [partner, whole] = collector.spans as [CollectedSpan, CollectedSpan];
    expect(whole.links.map(({ traceId, spanId }) => traceId + spanId)).toEqual([
      position.toString('hex'),
      '07'.repeat(24),
    ]);
    expect(whole).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': 'http_503' } });
    expect(partner).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': '503' } });
    expect(header).toBe(`00-${partner.traceId}-${partner.spanId}-01`);
    expect(collector.text()).not.toMatch(/CANARY|secret/);
  });

  it('names the packages that are needed in the versions that are tested', () => {
    const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    const { peerDependencies } = JSON.parse(read('packages/core/package.json')) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const tested = Object.entries(peerDependencies).map(([name, version]) => `${name}@${version}`);
    const line = /^npm install --no-save (.+)$/m.exec(read('docs/operations/traces.md'))?.[1];
    expect(line?.split(' ').sort()).toEqual(tested.sort());
    const inCode = read('packages/core/src/tracing/openTracing.ts').matchAll(/'(@opentelemetry\/[\w-]+@[\d.]+)'/g);
    expect([...inCode].map(([, name = '']) => name).sort()).toEqual(tested);
  });

  it('follows no attempt without a sampled request', async () => {
    const tracing = await open('http://127.0.0.1:1');
    expect(tracing.attempt([null, null], attempt)).toBeUndefined();
    await tracing.stop();
  });

  it.each([
    ['traceidratio', 1, '00', true],
    ['traceidratio', 0, '01', false],
    ['parentbased_traceidratio', 0, '01', true],
    ['parentbased_traceidratio', 1, '00', false],
    ['parentbased_always_off', 1, '01', true],
    ['always_off', 1, '01', false],
    ['always_on', 0, '00', true],
  ] as const)('%s with the ratio %d and the flags %s: sampled is %s', async (sampler, ratio, flags, isSampled) => {
    const tracing = await open('http://127.0.0.1:1', { sampler, ratio });
    const traceparent = `00-${idOf(16)}-${idOf(8)}-${flags}`;
    const request = tracing.request({ ...facts, traceparent });
    expect(request.storing() !== undefined).toBe(isSampled);
    expect(request.traceparent).toMatch(new RegExp(`^${traceparent.slice(0, 36)}[0-9a-f]{16}-0${isSampled ? 1 : 0}$`));
    await tracing.stop();
  });

  it('reports once that no collector is there, and goes on', async () => {
    const warnings: unknown[] = [];
    const log = { warn: (line: unknown) => void warnings.push(line) } as never;
    const tracing = await open('http://127.0.0.1:1', { log });
    for (let request = 0; request < 3; request++) tracing.request(facts).end(200);
    await tracing.stop();
    expect(warnings).toMatchObject([{ event: 'traces.export_failed' }]);
  });
});
