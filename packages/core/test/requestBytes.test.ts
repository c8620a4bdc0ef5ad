import { answerAll, type Connector } from '@currents/connector';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '@currents/core';
import { createAdaptiveRequestBytes } from '../src/delivery/adaptiveRequestBytes.js';
import { reportAttempt } from '../src/worker/reportAttempt.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';
import { event, openHub, until, type Hub } from './deliveryHarness.js';

let hub: Hub | undefined;
afterEach(async () => {
  await hub?.stop();
  hub = undefined;
});

describe('the size of requests', () => {
  it('is the connector’s until one is refused for its size, then half, and rises with accepted requests', () => {
    const bytes = createAdaptiveRequestBytes();
    expect([bytes.limit(2_000_000), bytes.isLowered()]).toEqual([2_000_000, false]);
    bytes.onTooLarge(800_000);
    expect([bytes.limit(2_000_000), bytes.isLowered()]).toEqual([400_000, true]);
    // Small requests tell nothing.
    for (let request = 0; request < 1_000; request++) bytes.onAccepted(1_000, 2_000_000);
    expect(bytes.limit(2_000_000)).toBe(400_000);
    let requests = 0;
    for (; bytes.limit(2_000_000) < 800_000; requests++) bytes.onAccepted(bytes.limit(2_000_000), 2_000_000);
    expect(requests).toBe(64);
    for (; bytes.isLowered(); requests++) bytes.onAccepted(bytes.limit(2_000_000), 2_000_000);
    expect(bytes.limit(2_000_000)).toBe(2_000_000);
    expect(bytes.limit(3_000_000)).toBe(3_000_000);
  });

  it('stays above a floor, and is forgotten with the settings', () => {
    const bytes = createAdaptiveRequestBytes();
    bytes.onTooLarge(10);
    expect(bytes.limit(2_000_000)).toBe(4_096);
    bytes.reset();
    expect(bytes.limit(2_000_000)).toBe(2_000_000);
  });

  it('is learned from 413: few bytes are sent in vain, every event arrives once, and the order is kept', async () => {
    const limit = 20_000;
    const sent = { inVain: 0, accepted: 0 };
    const arrived: string[] = [];
    const connector: Connector = {
      ...fakeConnector(createFakePartner(), { events: 2_000, requests: 1 }),
      async send(items) {
        const bytes = items.reduce((sum, { json }) => sum + json.length + 1, 2);
        if (bytes > limit) {
          sent.inVain += bytes;
          return answerAll(items, { outcome: 'split', code: 'too_large', detail: 'HTTP 413', isTooLarge: true });
        }
        sent.accepted += bytes;
        arrived.push(...items.map(({ id }) => id));
        return answerAll(items, { outcome: 'delivered' });
      },
    };
    hub = await openHub(connector);
    const current = await hub.launch();
    const ids: string[] = [];
    for (let batch = 0; batch < 30; batch++) {
      const events = Array.from({ length: 1_000 }, () => event());
      ids.push(...events.map(({ id }) => String(id)));
      await hub.take(events);
    }
    await hub.startWorker();
    await until(
      () => hub!.tally(current),
      ({ delivered }) => delivered === ids.length,
      60_000,
    );
    expect(arrived).toEqual(ids);
    // Without learning, each request of 2,000 events is refused twice: half of all bytes.
    expect(sent.inVain / (sent.inVain + sent.accepted)).toBeLessThan(0.15);
  });
});

it('events that an answer does not confirm are delivered, logged as a warning and counted', async () => {
  const warning = 'HTTP 200 without a confirmation';
  hub = await openHub({
    ...fakeConnector(createFakePartner()),
    send: async (items) => answerAll(items, { outcome: 'delivered', warning }),
  });
  const current = await hub.launch();
  await hub.take([event(), event()]);
  await hub.startWorker();
  await until(
    () => hub!.tally(current),
    ({ delivered }) => delivered === 2,
  );
  const lines: string[] = [];
  const metrics = createMetrics();
  const log = pino({}, { write: (line) => void lines.push(line) });
  const result = { results: [], suspension: undefined, requests: 1, sent: 2, unreadable: [] };
  reportAttempt(
    { log, metrics, latencies: { delivered: () => undefined } },
    7,
    { deliveries: [] } as never,
    { ...result, unconfirmed: { events: 2, warning } },
    { startedMs: 0, endedMs: 1 },
  );
  expect(lines.map((line) => JSON.parse(line) as object).at(-1)).toMatchObject({
    event: 'events.unconfirmed',
    current: 7,
    events: 2,
    warning,
  });
  expect(await metrics.registry.metrics()).toContain('currents_unconfirmed_events_total{current="7"} 2');
});
