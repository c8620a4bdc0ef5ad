import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openDoor, type Door } from './ingestHarness.js';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

describe('an operator asks', () => {
  it('whether the process lives, without a token', async () => {
    const { status, body } = await door.ask('/healthz');
    expect([status, body]).toEqual([200, { status: 'ok' }]);
  });

  it('whether it can work, without a token', async () => {
    const { status, body } = await door.ask('/readyz');
    expect([status, body]).toEqual([200, { status: 'ready' }]);
  });

  it('how it is doing, in the words of Prometheus', async () => {
    await door.post({ events: [event(), event(), { id: 'broken' }] });
    await door.post('', { authorization: undefined });
    const { status, headers, text } = await door.ask('/metrics');
    expect([status, headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ]);
    expect(text).toMatch(/^currents_ingest_requests_total\{status="200"\} 1$/m);
    expect(text).toMatch(/^currents_ingest_requests_total\{status="401"\} 1$/m);
    expect(text).toMatch(/^currents_events_accepted_total 2$/m);
    expect(text).toMatch(/^currents_events_quarantined_total 1$/m);
  });
});

describe('whoever knocks at the wrong door is told where the right one is', () => {
  it.each([
    ['GET', '/v1/events'],
    ['PUT', '/v1/events'],
    ['DELETE', '/v1/events?force=1'],
    ['POST', '/v1/event'],
    ['POST', '/'],
    ['GET', '/v2/events'],
    ['POST', '/healthz'],
  ])('%s %s', async (method, path) => {
    const { status, body } = await door.ask(path, method, { authorization: `Bearer ${door.token}` });
    expect([status, body]).toEqual([
      404,
      {
        error: {
          code: 'not_found',
          detail: `there is no ${method} ${path.split('?')[0]}; events go to POST /v1/events`,
        },
      },
    ]);
  });

  it('an address that is no address is refused, and the next request is fine', async () => {
    expect((await door.ask('/%')).status).toBe(400);
    expect((await door.ask('/healthz')).status).toBe(200);
  });
});
