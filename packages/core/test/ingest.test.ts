import { afterAll, beforeAll, expect, it } from 'vitest';
import { event, openHub, type Hub } from './deliveryHarness.js';
import { createFakePartner, fakeConnector } from './fakeConnector.js';

let hub: Hub;
beforeAll(async () => void (hub = await openHub(fakeConnector(createFakePartner()))));
afterAll(() => hub.stop());

/** Whether the body was read before anything else could run. */
async function isReadAtOnce(text: string, format: 'json' | 'ndjson'): Promise<boolean> {
  let isRead = false;
  const taken = hub.intake.take({
    bytes: Buffer.from(text),
    format,
    tokenId: hub.tokenId,
    onRead: () => (isRead = true),
  });
  const atOnce = isRead;
  expect(await taken).toMatchObject({ outcome: 'stored' });
  return atOnce;
}

it('a short body is read at once, and one of thousands of lines in steps, however few its bytes are', async () => {
  const events = Array.from({ length: 100 }, () => event());
  expect(await isReadAtOnce(JSON.stringify({ events }), 'json')).toBe(true);
  expect(await isReadAtOnce(events.map((each) => JSON.stringify(each)).join('\n'), 'ndjson')).toBe(true);
  expect(await isReadAtOnce('{\n'.repeat(400), 'ndjson')).toBe(true);
  expect(await isReadAtOnce('{\n'.repeat(5_000), 'ndjson')).toBe(false);
});
