import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultAction, FaultRule } from '../../src/fakes/faults/rule.js';
import { needlessResends, type LedgerSnapshot } from '../../src/fakes/ledger.js';
import { events } from './events.js';
import { deadLettersOf, ledgerOf } from './ledger.js';
import { idOf, onceEach, shownAt } from './shown.js';
import { tokenOf } from './testEnvironment.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

const sent = events(300);
const ids = sent.map(({ id }) => id);
const culprit = ids[137] as string;

/** A failure of Mixpanel or of the connection, in a separate project. */
interface Fault {
  readonly name: string;
  readonly action: FaultAction;
  readonly match?: FaultRule['match'];
  readonly when?: FaultRule['when'];
  /** The event that becomes a dead letter, and its code. */
  readonly dead?: readonly [id: string, code: string];
  /** The code with which the Current is blocked until the fault is removed. */
  readonly blocked?: string;
}

const once = { count: 1 };
const concerned = { eventIdIn: [culprit] };
const named = { kind: 'partial400', ids: [culprit], field: 'properties.campaign_name', message: 'is invalid' } as const;
const buried = { dead: [culprit, 'rejected_by_mixpanel'] } as const;

const faults: readonly Fault[] = [
  { name: 'a proxy’s page, 502', action: { kind: 'html', status: 502 }, match: once },
  { name: 'an empty 503', action: { kind: 'emptyBody', status: 503 }, match: once },
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
    name: 'a connection reset while the events are sent',
    action: { kind: 'reset', at: 'afterHeaders' },
    match: once,
  },
  { name: 'no answer, the events not stored', action: { kind: 'hang' }, match: once },
  { name: 'no answer, the events stored', action: { kind: 'hang' }, when: 'after-store', match: once },
  { name: 'an answer that trickles in', action: { kind: 'trickle', bytesPerSecond: 2 }, match: once },
  { name: 'a request that arrives twice', action: { kind: 'duplicateDelivery' }, match: once },
  { name: 'too many requests, Retry-After in seconds', action: { kind: 'flip429', times: 2, retryAfterSeconds: 2 } },
  {
    name: 'too many requests, Retry-After as a date',
    action: { kind: 'flip429', times: 1, retryAfterSeconds: 2, retryAfterForm: 'date' },
  },
  { name: 'a smaller limit of bytes', action: { kind: 'maxBytesNow', bytes: 40_000 } },
  {
    name: 'a limit of bytes that no event fits',
    action: { kind: 'maxBytesNow', bytes: 100 },
    blocked: 'refused_everything',
  },
  { name: 'credentials refused for a while', action: { kind: 'credentialsRevoked' }, blocked: 'credentials_refused' },
  {
    name: 'a redirect to another address',
    action: { kind: 'redirect', location: 'http://127.0.0.1:1/import' },
    blocked: 'redirected',
  },
  {
    name: 'one event that fails its request',
    action: { kind: 'blanket400', ids: [culprit] },
    dead: [culprit, 'bad_request'],
  },
  {
    name: 'one event refused without a name',
    action: { ...named, records: 'none' },
    match: concerned,
    dead: [culprit, 'bad_request'],
  },
  {
    name: 'one event refused by a string',
    action: { ...named, records: 'strings' },
    match: concerned,
    dead: [culprit, 'bad_request'],
  },
  { name: 'one event refused twice', action: { ...named, records: 'repeated' }, match: concerned, ...buried },
  {
    name: 'one event refused by an index as a string',
    action: { ...named, records: 'indexAsString' },
    match: concerned,
    ...buried,
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

let hub: TestHub;
let shown: LedgerSnapshot;
const currents = new Map<string, number>();
const currentOf = (name: string): number => currents.get(name) ?? 0;
const pendingOf = async (name: string): Promise<number> => (await ledgerOf(hub.sql, currentOf(name))).pending;

/** All faults at once, each in a separate project, so that none delays another. */
beforeAll(async () => {
  hub = await startTestHub({ projects: faults.map(({ name }) => name) });
  for (const { name, action, match, when } of faults) {
    hub.mixpanel.control.addFault({ id: name, action, match: { ...match, project: name }, ...(when && { when }) });
    currents.set(name, await hub.launch(name));
  }
  expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: ids.length } });
});
afterAll(() => hub?.stop());

describe('a Current that is blocked with', () => {
  it.each(blocking.map(({ name, blocked }) => [blocked, name] as const))(
    '%s shows the code and keeps its events: %s',
    async (code, name) => {
      const state = await until(
        () => hub.admin.stateOf(currentOf(name)),
        ({ state }) => state === 'BLOCKED',
      );
      expect(state.block).toEqual({ code, detail: expect.stringMatching(/./) });
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
      hub.mixpanel.control.removeFault(name);
      expect(await hub.admin.probe(currentOf(name))).toBe('TestCredentialsPayload');
    }
    for (const { name } of blocking) {
      await until(
        () => pendingOf(name),
        (pending) => pending === 0,
      );
      expect(await hub.admin.stateOf(currentOf(name))).toEqual({ state: 'LIVE', block: null });
    }
  });
});

describe('every event has an outcome and is stored once, despite', () => {
  beforeAll(async () => {
    for (const { name } of faults)
      await until(
        () => pendingOf(name),
        (pending) => pending === 0,
        40_000,
      );
    shown = hub.mixpanel.control.ledger();
  }, 60_000);

  it.each(
    faults.filter(({ blocked }) => blocked !== 'refused_everything').map((fault) => [fault.name, fault] as const),
  )('%s', async (name, { dead }) => {
    const alive = ids.filter((id) => id !== dead?.[0]);
    expect(shownAt(shown, name)).toEqual(onceEach(alive));
    const letters = await deadLettersOf(hub.sql, currentOf(name));
    expect(letters.map(({ id, outcome, code }) => [id, outcome, code])).toEqual(
      dead ? [[dead[0], 'rejected', dead[1]]] : [],
    );
    expect(await ledgerOf(hub.sql, currentOf(name))).toMatchObject({
      selected: ids.length,
      delivered: alive.length,
      rejected: dead ? 1 : 0,
    });
  });

  it('a limit of bytes that no event fits: events refused alone become dead letters', async () => {
    const name = 'a limit of bytes that no event fits';
    const letters = await deadLettersOf(hub.sql, currentOf(name));
    expect(letters).toHaveLength(lostToRefusals);
    const dead = letters.map(({ id }) => id);
    expect(shownAt(shown, name)).toEqual(onceEach(ids.filter((id) => !dead.includes(id))));
  });

  it('all of these faults, each of which was triggered', () => {
    const { faults: struck } = hub.mixpanel.control.summary();
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

  it('errors, of which the log shows no credentials', () => {
    const secrets = faults.map(({ name }) => tokenOf(name));
    for (const line of hub.complaints)
      expect([...secrets, hub.token, 'Basic '].filter((secret) => line.includes(secret))).toEqual([]);
    expect(hub.complaints.length).toBeGreaterThan(0);
  });
});

describe('the connection to Mixpanel', () => {
  /** Sends more events to every project, and expects each to arrive once. */
  async function carry(): Promise<void> {
    const more = events(50);
    await hub.post(more);
    for (const { name } of faults)
      await until(
        () => pendingOf(name),
        (pending) => pending === 0,
        20_000,
      );
    const { view } = hub.mixpanel.control.ledger();
    const moreIds = new Set(more.map(({ id }) => id));
    for (const { name } of faults) {
      expect(shownAt({ view: view.filter((copy) => moreIds.has(idOf(copy))) }, name)).toEqual(onceEach([...moreIds]));
    }
  }

  it('may be refused for a while', async () => {
    hub.mixpanel.control.addFault({ action: { kind: 'refuse', seconds: 1 } });
    await carry();
  }, 30_000);

  it('may be reset when it is reused', async () => {
    await carry();
    hub.mixpanel.control.addFault({ id: 'closing', match: once, action: { kind: 'keepaliveClose' } });
    await carry();
    expect(hub.mixpanel.control.summary().faults['closing']).toBe(1);
  }, 30_000);
});
