import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerSnapshot } from '../../src/fakes/ledger.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { shownAtAmplitude, startAmplitudeHub, type AmplitudeHub } from '../endToEnd/amplitudeHub.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { startTestHub, type TestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';

const numbers = ['12345678901234567890', '9007199254740993', '1e400', '0.1234567890123456789'];

/** As text, because JSON.stringify cannot write these numbers. */
function eventOf(id: string): string {
  const values = numbers.map((number, index) => `"n${index}":${number}`).join(',');
  return `{"event_type":"users.behaviors.CustomEvent","id":"${id}","time":1750000000,"user":{"external_user_id":"customer-${id}"},"properties":{"name":"Roasted","custom_properties":{${values},"exact":9007199254740991,"fraction":0.1}}}`;
}
const refused =
  '{"event_type":"users.behaviors.pushnotification.TokenStateChange","id":"refused","time":1750000000,"user":{},"properties":{"time_ms":12345678901234567890}}';

type Hub = Pick<TestHub, 'hub' | 'token' | 'sql'>;

async function send({ hub, token }: Hub, contentType: string, body: string): Promise<unknown> {
  const response = await fetch(`${hub.api.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
    body,
  });
  return response.json();
}

/** Sends an event as JSON and as NDJSON, and returns what the partner holds of each. */
async function carry(hub: Hub, current: number, read: () => LedgerSnapshot) {
  const quarantined = { accepted: 1, quarantined: 1, quarantinedEvents: [{ position: 1, code: 'inexact_number' }] };
  expect(await send(hub, 'application/json', `{"events":[${eventOf('json')},${refused}]}`)).toMatchObject(quarantined);
  expect(await send(hub, 'application/x-ndjson', `${eventOf('lines')}\n${refused}\n`)).toMatchObject(quarantined);
  await until(
    () => ledgerOf(hub.sql, current),
    ({ delivered, pending }) => delivered === 2 && pending === 0,
  );
  const client = createAdminClient(hub.hub.api.url, hub.hub.adminToken ?? '');
  const { quarantinedEvents } = await client.ask<{ quarantinedEvents: { nodes: readonly { body: string }[] } }>(
    '{ quarantinedEvents { nodes { body } } }',
  );
  expect(quarantinedEvents.nodes.map(({ body }) => body)).toEqual([refused, refused]);
  return read().view.map(({ event }) => JSON.stringify(event));
}

function expectDigits(events: readonly string[]): void {
  expect(events).toHaveLength(2);
  for (const event of events) {
    for (const [index, number] of numbers.entries()) expect(event).toMatch(new RegExp(`n${index}":"${number}"`));
    expect(event).toMatch(/exact":9007199254740991\b/);
    expect(event).toMatch(/fraction":0\.1\b/);
  }
}

describe('numbers that a 64-bit float does not hold', () => {
  describe('to Mixpanel', () => {
    let hub: TestHub;
    beforeAll(async () => void (hub = await startTestHub({ projects: ['numbers'] })));
    afterAll(() => hub?.stop());

    it('arrive as the text of their digits, from JSON and from lines, or are quarantined as they came', async () => {
      const current = await hub.admin.launch({
        name: 'numbers',
        baseUrl: hub.mixpanel.url,
        token: tokenOf('numbers'),
      });
      expectDigits(await carry(hub, current, () => hub.mixpanel.control.ledger()));
    });
  });

  describe('to Amplitude', () => {
    let hub: AmplitudeHub;
    beforeAll(async () => void (hub = await startAmplitudeHub({ projects: { numbers: {} } })));
    afterAll(() => hub?.stop());

    it('arrive as the text of their digits, from JSON and from lines, or are quarantined as they came', async () => {
      const current = await hub.launch('numbers');
      expectDigits(await carry(hub, current, () => hub.amplitude.control.ledger()));
      expect(shownAtAmplitude(hub.amplitude.control.ledger(), 'numbers').size).toBe(2);
    });
  });
});
