import { amplitude } from '@currents/connector-amplitude';
import type { AmplitudeEvent } from '@currents/connector-amplitude';
import { scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { describe, expect, it } from 'vitest';

const limitsFor = (choices: object) => amplitude.rateLimit(amplitude.settings.parse({ region: 'us', ...choices }));
const payload: AmplitudeEvent = {
  user_id: 'ann',
  device_id: 'd-1',
  event_type: '[Appboy] SMS Send',
  time: 1753776000000,
  insert_id: 'event-0',
  library: 'Braze',
  event_properties: {},
};

describe('limits', () => {
  it.each([
    ['httpapi', 900, 999_999],
    ['batch', 30_000, 4_000_000],
  ])('%s has limits per user and device in 30 s, and per request', (endpoint, limit, bytes) => {
    const limits = limitsFor({ endpoint });
    expect(limits).toMatchObject({ maxBytes: bytes, maxEventBytes: bytes - limits.wrapBytes });
    expect(limits.maxEvents).toBeLessThan(2000);
    expect(limits.budgets).toMatchObject([
      { name: 'user', unit: 'events', limit, periodMs: 30_000 },
      { name: 'device', unit: 'events', limit, periodMs: 30_000 },
    ]);
  });

  it('the quota is 500,000 events a day per user and device, for every endpoint and contract', () => {
    const quota = { limit: 500_000, periodMs: 86_400_000 };
    for (const choices of [{}, { endpoint: 'httpapi' }, { eventsPerSecondPerKey: 100 }]) {
      expect(limitsFor(choices).budgets).toMatchObject([{ quota }, { quota }]);
    }
  });

  it('eventsPerSecondPerKey changes the limit', () => {
    expect(limitsFor({ endpoint: 'httpapi', eventsPerSecondPerKey: 100 }).budgets).toMatchObject([
      { limit: 3_000 },
      { limit: 3_000 },
    ]);
    expect(limitsFor({ eventsPerSecondPerKey: 100 }).budgets).toMatchObject([{ limit: 3_000 }, { limit: 3_000 }]);
  });

  it('requestBytes is limited by the endpoint’s maximum', () => {
    expect(limitsFor({ requestBytes: 20_000_000 }).maxBytes).toBe(20_000_000);
    expect(limitsFor({ requestBytes: 20_000_000, endpoint: 'httpapi' }).maxBytes).toBe(999_999);
    expect(limitsFor({ requestBytes: 100_000, endpoint: 'httpapi' }).maxBytes).toBe(100_000);
  });

  it('an event counts for its user and its device, if it has them', () => {
    const { user_id: _user, ...deviceOnly } = payload;
    const { device_id: _device, ...userOnly } = payload;
    const keysOf = (event: AmplitudeEvent) => limitsFor({}).budgets.map((budget) => budget.key(event));
    expect(keysOf(payload)).toStrictEqual(['ann', 'd-1']);
    expect(keysOf(deviceOnly)).toStrictEqual([undefined, 'd-1']);
    expect(keysOf(userOnly)).toStrictEqual(['ann', undefined]);
  });

  it('the largest event makes exactly the largest request with the longest key', async () => {
    const choices = { region: 'us', endpoint: 'httpapi', minIdLength: 64 };
    const settings = amplitude.settings.parse(choices);
    const credentials = amplitude.credentials.parse({ apiKey: 'k'.repeat(128) });
    const { maxBytes, maxEventBytes } = amplitude.rateLimit(settings);
    const room = maxEventBytes - Buffer.byteLength(JSON.stringify({ ...payload, event_properties: { text: '' } }));
    const json = JSON.stringify({ ...payload, event_properties: { text: 'x'.repeat(room) } });
    const http = scriptedHttp(textAnswer(503, ''));
    await amplitude.send([{ id: 'event-0', payload, json }], { settings, credentials, http });
    expect(Buffer.byteLength(http.requests[0]?.body ?? '')).toBe(maxBytes);
  });
});
