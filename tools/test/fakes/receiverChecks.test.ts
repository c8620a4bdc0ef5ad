import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeReceiver, type FakeReceiver } from '../../src/fakes/receiver/startFakeReceiver.js';

const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const event = { event_type: 'users.messages.email.Open', id: 'e1', time: 1_750_000_000, user: {}, properties: {} };
let fake: FakeReceiver;
beforeAll(async () => {
  fake = await startFakeReceiver({
    projects: [
      { receiverId: 'plain', token: 'plain-token' },
      { receiverId: 'header', token: 'header-token', tokenHeader: 'x-api-key' },
      { receiverId: 'signed', token: 'signed-token', signingSecret: secret },
    ],
  });
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const usual = {
  authorization: 'Bearer plain-token',
  'content-type': 'application/json',
  'braze-currents-version': '1',
};

async function post(body: unknown, headers: Readonly<Record<string, string>> = usual): Promise<number> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return (await fetch(fake.url, { method: 'POST', headers, body: text as string })).status;
}

const stored = (): number => fake.control.ledger().view.length;

describe('the fake receiver', () => {
  it.each([
    ['stores events', { events: [event] }, usual, 200, 1],
    ['takes no events as a check of the token', { events: [] }, usual, 200, 0],
    ['refuses an unknown token', { events: [] }, { ...usual, authorization: 'Bearer other' }, 401, 0],
    ['refuses another type', { events: [event] }, { ...usual, 'content-type': 'text/plain' }, 415, 0],
    ['refuses a bare list', [event], usual, 400, 0],
    ['refuses more than events', { events: [event], more: 1 }, usual, 400, 0],
    ['refuses half a body', '{"events":[', usual, 400, 0],
    ['refuses an event with another key', { events: [{ ...event, extra: 1 }] }, usual, 400, 0],
    ['refuses an event without an id', { events: [{ ...event, id: '' }, event] }, usual, 400, 0],
    ['refuses too many events', { events: Array(101).fill(event) }, usual, 413, 0],
    ['refuses too many bytes', { events: [{ ...event, properties: { a: 'x'.repeat(1e6) } }] }, usual, 413, 0],
  ])('%s', async (_, body, headers, status, count) => {
    expect(await post(body, headers)).toBe(status);
    expect(stored()).toBe(count);
  });

  it('takes gzip, unless it is set not to', async () => {
    const packed = gzipSync(JSON.stringify({ events: [event] }));
    expect(await post(packed, { ...usual, 'content-encoding': 'gzip' })).toBe(200);
    fake.control.setProfile({ takesGzip: false });
    expect(await post(packed, { ...usual, 'content-encoding': 'gzip' })).toBe(415);
  });

  it('knows a token in a header of its own, and notes a missing version', async () => {
    expect(await post({ events: [event] }, { 'x-api-key': 'header-token', 'content-type': 'application/json' })).toBe(
      200,
    );
    expect(fake.control.summary().violations).toEqual({ noVersion: 1 });
  });

  it('asks for a fresh signature of the body', async () => {
    const body = JSON.stringify({ events: [event] });
    const headersAt = (seconds: number) => {
      const timestamp = String(Math.floor(Date.now() / 1000) + seconds);
      const signature = createHmac('sha256', Buffer.alloc(32, 3)).update(`m1.${timestamp}.${body}`).digest('base64');
      const own = { 'webhook-id': 'm1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
      return { ...usual, authorization: 'Bearer signed-token', ...own };
    };
    expect(await post(body, headersAt(0))).toBe(200);
    expect(await post(body, headersAt(-600))).toBe(401);
    expect(await post(`${body} `, headersAt(0))).toBe(401);
    expect(await post(body, { ...usual, authorization: 'Bearer signed-token' })).toBe(401);
  });

  it('shows one copy of an event that comes twice', async () => {
    await post({ events: [event] });
    await post({ events: [event, { ...event, id: 'e2' }] });
    expect(stored()).toBe(2);
    expect(fake.control.summary()).toMatchObject({ accepted: 3, duplicates: 1 });
  });
});
