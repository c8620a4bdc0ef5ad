import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MixpanelControl } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import type { Remote } from '../../src/fakes/control/control.js';
import {
  connectFakeMixpanel,
  startFakeMixpanel,
  type FakeMixpanel,
} from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { needlessResends } from '../../src/fakes/ledger.js';
import { event, events, nowMs, project, send, start } from './mixpanelClient.js';

let fake: FakeMixpanel;
let remote: Remote<MixpanelControl>;
beforeAll(async () => {
  fake = await startFakeMixpanel({ ...start, profile: { maxBytes: 10_000_000 } });
  remote = connectFakeMixpanel(fake.controlUrl);
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

describe('the control over HTTP', () => {
  it('returns the same as the control in the process', async () => {
    await send(fake.url, { body: [...events(3), event('a_b')] });
    expect(await remote.ledger()).toEqual(JSON.parse(JSON.stringify(fake.control.ledger())));
    expect(await remote.summary()).toEqual(fake.control.summary());
    expect(await remote.profile()).toEqual(fake.control.profile());
    expect(await remote.missing(['e-1', 'x'])).toEqual(['x']);
    expect(await remote.compact('source')).toEqual({ before: 3, after: 3, lostIds: [] });
    const seq = fake.control.ledger().requests[0]?.seq ?? 0;
    expect(await remote.body(seq)).toEqual(new Uint8Array(fake.control.body(seq) ?? []));
    expect(await remote.body(seq + 1)).toBeUndefined();
  });

  it('moves the clock', async () => {
    await remote.setClock(1000);
    await remote.advanceClock(500);
    expect(await remote.now()).toBe(1500);
    await remote.runClock(1_000_000);
    await expect.poll(() => remote.now()).toBeGreaterThan(60_000);
  });

  it('sets switches, creates projects, adds and removes faults', async () => {
    await remote.setProfile({ tooMany: 400 });
    await remote.createProject({ projectId: '2', token: 'token-2' });
    const id = await remote.addFault({ match: { project: '2' }, action: { kind: 'html' } });
    expect(fake.control.profile().tooMany).toBe(400);
    expect(await remote.faults()).toEqual([{ id, match: { project: '2' }, action: { kind: 'html' } }]);
    expect((await send(fake.url, { credentials: 'token-2:' })).status).toBe(502);
    expect(await remote.removeFault(id)).toBe(true);
    expect((await send(fake.url, { credentials: 'token-2:' })).status).toBe(200);
  });

  it('throws the errors of the fake', async () => {
    await expect(remote.addFault({ action: { kind: 'explode' } as never })).rejects.toThrow(
      'unknown fault action "explode"',
    );
    await expect(remote.setProfile({ tooMany: 1 as never })).rejects.toThrow('switch tooMany cannot be 1');
    await expect(remote.createProject({ projectId: '2' } as never)).rejects.toThrow('a Mixpanel project needs a token');
    await expect(remote.createProject(project)).rejects.toThrow('already a project 77');
  });

  it('accepts the documented requests, with the name of the service', async () => {
    const post = async (path: string, body: unknown) => {
      const response = await request(`${fake.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
      return { status: response.statusCode, body: await response.body.json() };
    };
    expect((await post('/_ctl/clock', { set: 5 })).status).toBe(200);
    expect((await post('/_ctl/profile', { service: 'mixpanel', tooMany: 400 })).status).toBe(200);
    expect(await post('/_ctl/profile', { service: 'amplitude', tooMany: 400 })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('not of "amplitude"') },
    });
    expect((await post('/_ctl/clock', { later: 5 })).status).toBe(400);
    expect((await post('/_ctl/clock', [])).status).toBe(400);
    expect((await post('/_ctl/nothing', {})).status).toBe(404);
    expect(fake.control.now()).toBe(5);
  });

  it('is not served at the partner’s port', async () => {
    expect((await send(fake.url, { path: '/_ctl/reset' })).status).toBe(404);
  });
});

describe('a fake', () => {
  it('returns to its initial state when it is reset', async () => {
    fake.control.setProfile({ maxBytes: 5 });
    fake.control.setClock(5);
    fake.control.addFault({ action: { kind: 'hang' } });
    fake.control.createProject({ projectId: '2', token: 'token-2' });
    fake.control.reset();
    expect(fake.control.profile().maxBytes).toBe(10_000_000);
    expect(fake.control.now()).toBe(nowMs);
    expect(fake.control.faults()).toEqual([]);
    expect((await send(fake.url, { credentials: 'token-2:' })).status).toBe(401);
    expect((await send(fake.url)).status).toBe(200);
    expect(fake.control.summary()).toMatchObject({ requests: 2, accepted: 1 });
  });

  it('can list only the entries after a request', async () => {
    await send(fake.url, { body: events(2, 'first') });
    const { requests } = fake.control.ledger();
    await send(fake.url, { body: events(3, 'second') });
    const later = fake.control.ledger(requests[0]?.seq);
    expect([later.requests.length, later.stored.length, later.view.length]).toEqual([1, 3, 3]);
  });

  it('records the connection of each request', async () => {
    await send(fake.url);
    await send(fake.url);
    const ids = fake.control.ledger().requests.map(({ connectionId }) => connectionId);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('needless resends', () => {
  it('are those of events that a response had acknowledged', async () => {
    fake.control.addFault({ match: { nth: 2 }, when: 'after-store', action: { kind: 'html' } });
    await send(fake.url, { body: [event('a'), event('b_b')] });
    await send(fake.url, { body: [event('c')] });
    await send(fake.url, { body: [event('c')] });
    await send(fake.url, { body: [event('a'), event('d')] });
    const ledger = fake.control.ledger();
    expect(
      needlessResends(ledger).map(({ event: kept }) => (kept['properties'] as { $insert_id: string }).$insert_id),
    ).toEqual(['a']);
  });
});
