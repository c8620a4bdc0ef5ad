import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';
import { apiKeyOf } from './amplitudeHub.js';
import { event } from './events.js';
import { ledgerOf } from './ledger.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

/** Orders of 300 products, of the usual size and of long descriptions. */
const products = (note: string) =>
  Array.from({ length: 300 }, (_, index) => ({ product_id: `sku-${index}`, price: 12.5, quantity: 2, note }));
const order = (note: string) =>
  event({
    event_type: 'users.behaviors.CustomEvent',
    properties: { name: 'ecommerce.order_placed', custom_properties: { total: 7_500, products: products(note) } },
  });
const [usual, long] = [order(''), order('x'.repeat(1_500))];
const name = '[Custom event property] products';
const project = 'orders';

let hub: TestHub;
let amplitude: Awaited<ReturnType<typeof startFakeAmplitude>>;
let currents: readonly number[];
beforeAll(async () => {
  amplitude = await startFakeAmplitude({ projects: [{ projectId: project, apiKey: apiKeyOf(project) }] });
  hub = await startTestHub({ projects: [project] });
  const client = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  const toAmplitude = await client.launchCurrent(
    {
      name: 'to Amplitude',
      contactEmail: 'admin@example.com',
      destination: 'amplitude',
      settings: { region: 'us', baseUrl: amplitude.url, requestBytes: 400_000 },
      credentials: { apiKey: apiKeyOf(project) },
      selection: { groups: ['behaviour'] },
    },
    { skipTest: true },
  );
  currents = [await hub.launch(project), databaseKey(toAmplitude)];
  expect(await hub.post([usual, long])).toMatchObject({ status: 200, body: { accepted: 2 } });
  for (const current of currents)
    await until(
      () => ledgerOf(hub.sql, current),
      ({ selected, pending }) => selected === 2 && pending === 0,
      30_000,
    );
}, 60_000);
afterAll(async () => {
  await hub?.stop();
  await amplitude?.close();
});

it('orders of 300 products arrive at both partners, by default', async () => {
  for (const current of currents)
    expect(await ledgerOf(hub.sql, current)).toMatchObject({ delivered: 2, rejected: 0, skipped: 0 });
  expect(hub.mixpanel.control.summary()).toMatchObject({ accepted: 2, violations: {} });
  expect(amplitude.control.summary()).toMatchObject({ accepted: 2 });
});

it('at Mixpanel with the products that fit into a property, and their numbers', () => {
  for (const { event: stored } of hub.mixpanel.control.ledger().view) {
    const properties = stored['properties'] as Readonly<Record<string, unknown>>;
    const sent = properties[name] as readonly unknown[];
    const given = properties['$insert_id'] === usual.id ? products('') : products('x'.repeat(1_500));
    expect(sent.length).toBeGreaterThan(3);
    expect(sent.length).toBeLessThan(255);
    if (properties['$insert_id'] === usual.id) expect(sent).toEqual(given.slice(0, sent.length));
    expect(properties['currents_shortened']).toEqual([`${name}: ${sent.length} of 300`]);
    expect(properties['[Custom event property] total']).toBe(7_500);
  }
});

it('at Amplitude whole, or with the products that fit into a request, and their numbers', () => {
  const { view } = amplitude.control.ledger();
  const propertiesOf = (id: string) =>
    view.find(({ event: stored }) => stored['insert_id'] === id)?.event['event_properties'] as Record<string, unknown>;
  expect(propertiesOf(usual.id)[name]).toEqual(products(''));
  expect(propertiesOf(usual.id)).not.toHaveProperty('currents_shortened');
  const sent = propertiesOf(long.id)[name] as readonly unknown[];
  expect(sent.length).toBeGreaterThan(50);
  expect(sent.length).toBeLessThan(300);
  expect(propertiesOf(long.id)['currents_shortened']).toEqual([`${name}: ${sent.length} of 300`]);
});
