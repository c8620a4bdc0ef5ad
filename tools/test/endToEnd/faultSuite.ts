import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultAction, FaultRule } from '../../src/fakes/faults/rule.js';
import { needlessResends, type LedgerSnapshot } from '../../src/fakes/ledger.js';
import { startDestinationHub, type Destination, type DestinationHub } from './destinationHub.js';
import { events, type event } from './events.js';
import { deadLettersOf, ledgerOf } from './ledger.js';
import { onceEach } from './shown.js';
import { until } from './until.js';

type SentEvent = ReturnType<typeof event>;

export interface Culprit {
  readonly id: string;
  readonly name: string;
}

/** A failure of the partner or of the connection, in a separate project. */
export interface Fault {
  readonly name: string;
  readonly action: FaultAction;
  readonly match?: FaultRule['match'];
  readonly when?: FaultRule['when'];
  /** The event that becomes a dead letter, and its code. */
  readonly dead?: readonly [id: string, code: string];
  /** The event that stays deferred after all others are delivered. */
  readonly waits?: string;
  /** The code with which the Current is blocked until the fault is removed. */
  readonly blocked?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface FaultSuite {
  /** The code of a Current whose credentials are refused. */
  readonly revoked: string;
  /** The code of an event that is refused alone. */
  readonly refused: string;
  /** What this destination meets besides; `culprit` is an event, and what the partner calls it. */
  readonly more?: (culprit: Culprit) => readonly Fault[];
  /** What is sent. Default: opens of emails, each of a user of its own. */
  readonly make?: (count: number) => readonly SentEvent[];
  /** What the partner calls an event in its faults. Default: its id. */
  readonly nameOf?: (event: SentEvent) => string;
  /** Whether requests are compressed where the settings ask for it. Default: true. */
  readonly isCompressed?: boolean;
  /** Tests of what is left of those faults; they run once every event has an outcome. */
  readonly besides?: (scene: () => FaultScene) => void;
  /** Tests of the connection, which run last; `carry` sends more events, and expects each to arrive once. */
  readonly connections?: (scene: () => FaultScene, carry: () => Promise<void>) => void;
  /** What no log line and no answer of the API may contain. */
  secretsOf(project: string): readonly string[];
}

/** What the tests of one destination need. */
export interface FaultScene {
  readonly hub: DestinationHub;
  /** What the partner had once every event had an outcome. */
  readonly shown: LedgerSnapshot;
  readonly ids: readonly string[];
  readonly culprit: string;
  currentOf(name: string): number;
}

/** Each event has its own user and device. */
function opens(count: number): readonly SentEvent[] {
  return events(count).map((open, index) => ({
    ...open,
    user: { external_user_id: `customer-${index}`, device_id: `device-${index}` },
  }));
}

const once = { count: 1 };
/** Events that are refused alone before the Current is blocked. */
const lostToRefusals = 3;

function commonFaults({ revoked, refused, isCompressed = true }: FaultSuite, culprit: Culprit): readonly Fault[] {
  return [
    { name: 'a proxy’s page, 502', action: { kind: 'html', status: 502 }, match: once },
    {
      name: 'a proxy’s page, 504, the events stored',
      action: { kind: 'html', status: 504 },
      when: 'after-store',
      match: once,
    },
    { name: 'an empty 503', action: { kind: 'emptyBody', status: 503 }, match: once },
    { name: 'a 408', action: { kind: 'emptyBody', status: 408 }, match: once },
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
    { name: 'too many requests, Retry-After in seconds', action: { kind: 'flip429', times: 2, retryAfterSeconds: 2 } },
    {
      name: 'too many requests, Retry-After as a date',
      action: { kind: 'flip429', times: 1, retryAfterSeconds: 2, retryAfterForm: 'date' },
    },
    { name: 'too many requests, without Retry-After', action: { kind: 'flip429', times: 1 } },
    { name: 'a smaller limit of bytes', action: { kind: 'maxBytesNow', bytes: 40_000 } },
    {
      name: 'a limit of bytes that no event fits',
      action: { kind: 'maxBytesNow', bytes: 100 },
      blocked: 'refused_everything',
    },
    { name: 'credentials refused for a while', action: { kind: 'credentialsRevoked' }, blocked: revoked },
    {
      name: 'a redirect to another address',
      action: { kind: 'redirect', location: 'http://127.0.0.1:1/' },
      blocked: 'redirected',
    },
    ...(isCompressed
      ? [
          {
            name: 'compression refused',
            action: { kind: 'gzipRefuse', status: 415 },
            settings: { gzip: true },
          } as const,
        ]
      : []),
    {
      name: 'one event that fails its request',
      action: { kind: 'blanket400', ids: [culprit.name] },
      dead: [culprit.id, refused],
    },
  ];
}

/** The outages, refusals and throttling that every destination has to survive, all at once. */
export function describeFaults(destination: Destination, suite: FaultSuite): void {
  const { make = opens, nameOf = ({ id }) => id } = suite;
  const sent = make(300);
  const ids = sent.map(({ id }) => id);
  const [culprit] = sent.slice(137).map((each) => ({ id: each.id, name: nameOf(each) })) as [Culprit];
  const faults = [...commonFaults(suite, culprit), ...(suite.more?.(culprit) ?? [])];
  const blocking = faults.filter(({ blocked }) => blocked);
  let hub: DestinationHub;
  let shown: LedgerSnapshot;
  const currents = new Map<string, number>();
  const currentOf = (name: string): number => currents.get(name) ?? 0;
  const pendingOf = async (name: string): Promise<number> => (await ledgerOf(hub.sql, currentOf(name))).pending;
  const scene = (): FaultScene => ({ hub, shown, ids, culprit: culprit.id, currentOf });
  /** Until only those events are pending that wait. */
  const settle = async (timeoutMs: number): Promise<void> => {
    for (const { name, waits } of faults)
      await until(
        () => pendingOf(name),
        (pending) => pending === (waits === undefined ? 0 : 1),
        timeoutMs,
      );
  };

  // Each fault in a separate project, so that none delays another.
  beforeAll(async () => {
    hub = await startDestinationHub(
      destination,
      faults.map(({ name }) => name),
    );
    for (const { name, action, match, when, settings = {} } of faults) {
      hub.fake.control.addFault({ id: name, action, match: { ...match, project: name }, ...(when && { when }) });
      currents.set(name, await hub.launch(name, { settings }));
    }
    expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: ids.length } });
  }, 60_000);
  afterAll(() => hub?.stop());

  describe('a Current that is blocked with', () => {
    it.each(blocking.map(({ name, blocked }) => [blocked, name] as const))(
      '%s shows the code and keeps its events: %s',
      async (code, name) => {
        const state = await until(
          () => hub.admin.stateOf(currentOf(name)),
          ({ state }) => state === 'BLOCKED',
          30_000,
        );
        expect(state.block).toEqual({ code, detail: expect.stringMatching(/./) });
        const { selected, pending, rejected } = await ledgerOf(hub.sql, currentOf(name));
        expect([selected, pending + rejected]).toEqual([ids.length, ids.length]);
        expect(rejected).toBeLessThanOrEqual(code === 'refused_everything' ? lostToRefusals : 0);
      },
      40_000,
    );

    it('any code resumes automatically once the fault is removed', async () => {
      for (const { name } of blocking) {
        hub.fake.control.removeFault(name);
        expect(await hub.admin.probe(currentOf(name))).toBe('TestCredentialsPayload');
      }
      for (const { name } of blocking) {
        await until(
          () => pendingOf(name),
          (pending) => pending === 0,
        );
        expect(await hub.admin.stateOf(currentOf(name))).toEqual({ state: 'LIVE', block: null });
      }
    }, 40_000);
  });

  describe('every event has an outcome and is stored once, despite', () => {
    beforeAll(async () => {
      await settle(60_000);
      shown = hub.fake.control.ledger();
    }, 90_000);

    it.each(
      faults.filter(({ blocked }) => blocked !== 'refused_everything').map((fault) => [fault.name, fault] as const),
    )('%s', async (name, { dead, waits }) => {
      const alive = ids.filter((id) => id !== dead?.[0] && id !== waits);
      expect(hub.shown(shown, name)).toEqual(onceEach(alive));
      const letters = await deadLettersOf(hub.sql, currentOf(name));
      expect(letters.map(({ id, outcome, code }) => [id, outcome, code])).toEqual(
        dead ? [[dead[0], 'rejected', dead[1]]] : [],
      );
      expect(await ledgerOf(hub.sql, currentOf(name))).toEqual({
        selected: ids.length,
        delivered: alive.length,
        rejected: dead ? 1 : 0,
        pending: waits === undefined ? 0 : 1,
        expired: 0,
        skipped: 0,
      });
    });

    it('a limit of bytes that no event fits: events refused alone become dead letters', async () => {
      const name = 'a limit of bytes that no event fits';
      const letters = await deadLettersOf(hub.sql, currentOf(name));
      expect(letters).toHaveLength(lostToRefusals);
      const dead = letters.map(({ id }) => id);
      expect(hub.shown(shown, name)).toEqual(onceEach(ids.filter((id) => !dead.includes(id))));
    });

    it('all of these faults, each of which was triggered', () => {
      const { faults: struck } = hub.fake.control.summary();
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

    it('errors, of which neither the log nor the API shows a secret', async () => {
      const secrets = faults.flatMap(({ name }) => suite.secretsOf(name));
      const shownCurrents = await hub.client.ask(
        '{ currents(first: 50) { nodes { name settings block { code detail } deferral { code detail } credentials { kind fields } } } deadLetters(first: 100) { nodes { code detail event } } }',
      );
      for (const line of [...hub.complaints, JSON.stringify(shownCurrents)])
        expect([...secrets, hub.token].filter((secret) => line.includes(secret))).toEqual([]);
      expect(hub.complaints.length).toBeGreaterThan(0);
    });

    suite.besides?.(scene);
  });

  describe('the connection', () => {
    /** Sends more events to every project, and expects each to arrive once. */
    async function carry(): Promise<void> {
      const more = make(50);
      await hub.post(more);
      await settle(20_000);
      const { view } = hub.fake.control.ledger();
      const expected = new Set(more.map(({ id }) => id));
      for (const { name } of faults) {
        const arrived = [...hub.shown({ view }, name)].filter(([id]) => expected.has(id));
        expect(new Map(arrived)).toEqual(onceEach([...expected]));
      }
    }

    it('may be refused for a while', async () => {
      hub.fake.control.addFault({ action: { kind: 'refuse', seconds: 1 } });
      await carry();
    }, 60_000);

    it('may be reset when it is reused', async () => {
      await carry();
      hub.fake.control.addFault({ id: 'closing', match: once, action: { kind: 'keepaliveClose' } });
      await carry();
      expect(hub.fake.control.summary().faults['closing']).toBe(1);
    }, 60_000);

    suite.connections?.(scene, carry);
  });
}
