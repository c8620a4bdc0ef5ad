import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultAction, FaultRule } from '../../src/fakes/faults/rule.js';
import { needlessResends, type LedgerSnapshot } from '../../src/fakes/ledger.js';
import {
  apiKeyOf,
  insertIdOf,
  secretKeyOf,
  shownAtAmplitude,
  startAmplitudeHub,
  type AmplitudeHub,
} from './amplitudeHub.js';
import { events } from './events.js';
import { deadLettersOf, ledgerOf } from './ledger.js';
import { onceEach } from './shown.js';
import { until } from './until.js';

/** Each event has its own user and device. */
const sent = events(300).map((event, index) => ({
  ...event,
  user: { external_user_id: `customer-${index}`, device_id: `device-${index}` },
}));
const ids = sent.map(({ id }) => id);
const culprit = ids[137] as string;

/** A failure of Amplitude or of the connection, in a separate project. */
interface Fault {
  readonly name: string;
  readonly action: FaultAction;
  readonly match?: FaultRule['match'];
  readonly when?: FaultRule['when'];
  /** The event that becomes a dead letter, and its code. */
  readonly dead?: readonly [id: string, code: string];
  /** The event that stays deferred after all others are delivered, and its code. */
  readonly waits?: readonly [id: string, code: string];
  /** The code with which the Current is blocked until the fault is removed. */
  readonly blocked?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

const once = { count: 1 };
const concerned = { eventIdIn: [culprit] };
const named = { kind: 'partial400', ids: [culprit], field: 'groups' } as const;
const buried = { dead: [culprit, 'field_invalid'] } as const;
const bare = { dead: [culprit, 'bad_request'] } as const;

const faults: readonly Fault[] = [
  { name: 'a proxy’s page, 502', action: { kind: 'html', status: 502 }, match: once },
  {
    name: 'a proxy’s page, 504, the events stored',
    action: { kind: 'html', status: 504 },
    when: 'after-store',
    match: once,
  },
  {
    name: 'an error of Amplitude’s own',
    action: { kind: 'status', status: 500, body: { code: 500, error: 'Internal Server Error' } },
    match: once,
  },
  { name: 'an empty 503', action: { kind: 'emptyBody', status: 503 }, match: once },
  { name: 'a 408', action: { kind: 'emptyBody', status: 408 }, match: once },
  {
    name: 'a 200 from another server',
    action: { kind: 'status', status: 200, body: '<html>Welcome</html>' },
    match: once,
  },
  { name: 'an answer cut off after the events are stored', action: { kind: 'truncatedBody' }, match: once },
  {
    name: 'a connection reset after the events are stored',
    action: { kind: 'reset', at: 'afterStore' },
    match: once,
  },
  {
    name: 'a connection reset once the events are sent',
    action: { kind: 'reset', at: 'afterBody' },
    match: once,
  },
  { name: 'no answer, the events not stored', action: { kind: 'hang' }, match: once },
  { name: 'no answer, the events stored', action: { kind: 'hang' }, when: 'after-store', match: once },
  { name: 'an answer that trickles in', action: { kind: 'trickle', bytesPerSecond: 2 }, match: once },
  { name: 'a request that arrives twice', action: { kind: 'duplicateDelivery' }, match: once },
  { name: 'a server with a wrong clock', action: { kind: 'clockSkew', ms: 7_200_000 } },
  { name: 'too many requests, without names', action: { kind: 'flip429', times: 2 } },
  { name: 'too many requests, Retry-After in seconds', action: { kind: 'flip429', times: 2, retryAfterSeconds: 2 } },
  {
    name: 'too many requests, Retry-After as a date',
    action: { kind: 'flip429', times: 1, retryAfterSeconds: 2, retryAfterForm: 'date' },
  },
  {
    name: 'too many requests of one device',
    action: { kind: 'flip429', times: 1, named: [culprit] },
    match: concerned,
  },
  { name: 'too many requests of all devices', action: { kind: 'flip429', times: 1, named: 'all' } },
  { name: 'a smaller limit of bytes', action: { kind: 'maxBytesNow', bytes: 40_000 } },
  {
    name: 'a limit of bytes that no event fits',
    action: { kind: 'maxBytesNow', bytes: 100 },
    blocked: 'refused_everything',
  },
  {
    name: 'a firewall that refuses one event',
    action: { kind: 'waf403', pattern: culprit },
    waits: [culprit, 'forbidden'],
  },
  { name: 'an API key refused for a while', action: { kind: 'credentialsRevoked' }, blocked: 'credentials_refused' },
  {
    name: 'a redirect to another address',
    action: { kind: 'redirect', location: 'http://127.0.0.1:1/batch' },
    blocked: 'redirected',
  },
  {
    name: 'compression refused',
    action: { kind: 'gzipRefuse', status: 415 },
    settings: { gzip: true },
  },
  { name: 'one event that fails its request', action: { kind: 'blanket400', ids: [culprit] }, ...bare },
  { name: 'one event refused', action: named, match: concerned, ...buried },
  { name: 'one event refused without a name', action: { ...named, records: 'none' }, match: concerned, ...bare },
  {
    name: 'one event refused with the field but without the event',
    action: { ...named, records: 'strings' },
    match: concerned,
    ...bare,
  },
  { name: 'one event refused twice', action: { ...named, records: 'repeated' }, match: concerned, ...buried },
  {
    name: 'one event refused by an index as a string',
    action: { ...named, records: 'indexAsString' },
    match: concerned,
    ...bare,
  },
  {
    name: 'one event refused together with one that was not sent',
    action: { ...named, records: 'outOfRange' },
    match: concerned,
    ...buried,
  },
];
const blocking = faults.filter(({ blocked }) => blocked);
/** Events that are refused alone before the Current is blocked. */
const lostToRefusals = 3;

let hub: AmplitudeHub;
let shown: LedgerSnapshot;
const currents = new Map<string, number>();
const currentOf = (name: string): number => currents.get(name) ?? 0;
const pendingOf = async (name: string): Promise<number> => (await ledgerOf(hub.sql, currentOf(name))).pending;

/** All faults at once, each in a separate project, so that none delays another. */
beforeAll(async () => {
  hub = await startAmplitudeHub({ projects: Object.fromEntries(faults.map(({ name }) => [name, {}])) });
  for (const { name, action, match, when, settings } of faults) {
    hub.amplitude.control.addFault({ id: name, action, match: { ...match, project: name }, ...(when && { when }) });
    currents.set(name, await hub.launch(name, { ...(settings && { settings }) }));
  }
  expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: ids.length } });
});
afterAll(() => hub?.stop());

describe('a Current that is blocked with', () => {
  it.each(blocking.map(({ name, blocked }) => [blocked, name] as const))(
    '%s shows the code and keeps its events: %s',
    async (code, name) => {
      const { block: blocked } = await until(
        () => hub.admin.stateOf(currentOf(name)),
        ({ state }) => state === 'BLOCKED',
      );
      expect(blocked).toMatchObject({ code, detail: expect.stringMatching(/./) });
      const { selected, pending, rejected } = await until(
        () => ledgerOf(hub.sql, currentOf(name)),
        ({ pending }) => pending <= ids.length,
      );
      expect([selected, pending + rejected]).toEqual([ids.length, ids.length]);
      expect(rejected).toBeLessThanOrEqual(code === 'refused_everything' ? lostToRefusals : 0);
    },
  );

  it('any code resumes automatically once the fault is removed', async () => {
    for (const { name } of blocking) {
      hub.amplitude.control.removeFault(name);
      expect(await hub.admin.probe(currentOf(name))).toBe('TestCredentialsPayload');
    }
    for (const { name } of blocking) {
      await until(
        () => pendingOf(name),
        (pending) => pending === 0,
      );
      expect(await hub.admin.stateOf(currentOf(name))).toMatchObject({ state: 'LIVE', block: null });
    }
  });
});

describe('every event has an outcome and is stored once, despite', () => {
  beforeAll(async () => {
    // A device that Amplitude throttles waits for 15 s, and resumes in steps.
    for (const { name, waits } of faults)
      await until(
        () => pendingOf(name),
        (pending) => pending === (waits ? 1 : 0),
        60_000,
      );
    shown = hub.amplitude.control.ledger();
  }, 90_000);

  it.each(
    faults.filter(({ blocked }) => blocked !== 'refused_everything').map((fault) => [fault.name, fault] as const),
  )('%s', async (name, { dead, waits }) => {
    const alive = ids.filter((id) => id !== dead?.[0] && id !== waits?.[0]);
    expect(shownAtAmplitude(shown, name)).toEqual(onceEach(alive));
    const letters = await deadLettersOf(hub.sql, currentOf(name));
    expect(letters.map(({ id, outcome, code }) => [id, outcome, code])).toEqual(
      dead ? [[dead[0], 'rejected', dead[1]]] : [],
    );
    const counts = {
      selected: ids.length,
      delivered: alive.length,
      rejected: dead ? 1 : 0,
      pending: waits ? 1 : 0,
      expired: 0,
      skipped: 0,
    };
    expect(await ledgerOf(hub.sql, currentOf(name))).toEqual(counts);
  });

  it('a firewall that refuses one event: only that event waits', async () => {
    const name = 'a firewall that refuses one event';
    const rows = await hub.sql<{ deferred: { code: string; positions: number[] }[] }[]>`
      select deferred from delivery where current_id = ${currentOf(name)} and pending > 0`;
    expect(rows.flatMap(({ deferred }) => deferred).map(({ code, positions }) => [code, positions])).toEqual([
      ['forbidden', [137]],
    ]);
  });

  it('a limit of bytes that no event fits: events refused alone become dead letters', async () => {
    const name = 'a limit of bytes that no event fits';
    const letters = await deadLettersOf(hub.sql, currentOf(name));
    expect(letters).toHaveLength(lostToRefusals);
    const dead = letters.map(({ id }) => id);
    expect(shownAtAmplitude(shown, name)).toEqual(onceEach(ids.filter((id) => !dead.includes(id))));
  });

  it('compression refused: the Current goes on without it, and has a warning', async () => {
    const name = 'compression refused';
    const statuses = shown.requests.filter(({ project }) => project === name).map(({ status }) => status);
    expect(statuses.filter((status) => status === 415)).toHaveLength(1);
    const { currents: listed } = await hub.client.ask<{
      currents: { nodes: readonly { name: string; warnings: readonly object[] }[] };
    }>('{ currents(first: 50) { nodes { name warnings { code message firstAt } } } }');
    expect(listed.nodes.find((current) => current.name === name)?.warnings).toContainEqual({
      code: 'GZIP_REFUSED',
      message: expect.stringContaining('415'),
      firstAt: expect.any(String),
    });
  });

  it('throttling of one device: the other events are sent again at once', () => {
    const name = 'too many requests of one device';
    const copies = shown.view.filter(({ project }) => project === name);
    const [refused] = shown.requests.filter(({ project, status }) => project === name && status === 429);
    const waited = (id: string): number =>
      (copies.find((copy) => insertIdOf(copy) === id)?.receivedAt ?? 0) - (refused?.t ?? 0);
    expect(waited(culprit)).toBeGreaterThanOrEqual(15_000);
    // Long before the throttled one, without waiting for it.
    expect(ids.filter((id) => id !== culprit && waited(id) > waited(culprit) - 5_000)).toEqual([]);
  });

  it('all of these faults, each of which was triggered', () => {
    const { faults: struck } = hub.amplitude.control.summary();
    expect(faults.map(({ name }) => name).filter((name) => !struck[name])).toEqual([]);
  });

  it('retries, which never resend an acknowledged event', () => {
    expect(needlessResends(shown)).toEqual([]);
    expect(shown.violations).toEqual([]);
  });

  it('Retry-After, which every retry respects', () => {
    for (const name of ['too many requests, Retry-After in seconds', 'too many requests, Retry-After as a date']) {
      const times = shown.requests.filter(({ project }) => project === name).map(({ t }) => t);
      expect(times.length).toBeGreaterThan(1);
      for (const [index, time] of times.slice(1).entries())
        expect(time - (times[index] as number)).toBeGreaterThanOrEqual(1_990);
    }
  });

  it('errors, of which neither the log nor the API shows a key', async () => {
    const secrets = faults.flatMap(({ name }) => [apiKeyOf(name), secretKeyOf(name)]);
    const { currents: shownCurrents } = await hub.client.ask<{ currents: unknown }>(
      '{ currents(first: 50) { nodes { name settings block { code detail } deferral { code detail } credentials { kind fields } } } deadLetters(first: 100) { nodes { code detail event } } }',
    );
    const lines = [...hub.complaints, JSON.stringify(shownCurrents)];
    for (const line of lines) expect([...secrets, hub.token].filter((secret) => line.includes(secret))).toEqual([]);
    expect(hub.complaints.length).toBeGreaterThan(0);
  });
});

describe('the connection to Amplitude', () => {
  /** Sends more events to every project, and expects each to arrive once. */
  async function carry(): Promise<void> {
    const more = events(50);
    await hub.post(more);
    for (const { name, waits } of faults)
      await until(
        () => pendingOf(name),
        (pending) => pending === (waits ? 1 : 0),
        20_000,
      );
    const { view } = hub.amplitude.control.ledger();
    const moreIds = new Set(more.map(({ id }) => id));
    for (const { name } of faults) {
      expect(shownAtAmplitude({ view: view.filter((copy) => moreIds.has(insertIdOf(copy))) }, name)).toEqual(
        onceEach([...moreIds]),
      );
    }
  }

  it('may be refused for a while', async () => {
    hub.amplitude.control.addFault({ action: { kind: 'refuse', seconds: 1 } });
    await carry();
  }, 30_000);

  it('may be reset while the events are sent', async () => {
    hub.amplitude.control.addFault({
      id: 'breaking',
      match: { count: 3 },
      action: { kind: 'reset', at: 'afterHeaders' },
    });
    await carry();
    expect(hub.amplitude.control.summary().faults['breaking']).toBe(3);
  }, 30_000);
});
