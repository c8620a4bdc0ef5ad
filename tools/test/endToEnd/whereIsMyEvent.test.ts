import { afterEach, describe, expect, it } from 'vitest';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { redisForTest } from '../faults/redis.js';
import { startAmplitudeHub } from './amplitudeHub.js';
import { event, events, tomorrow } from './events.js';
import { ledgerOf } from './ledger.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

let hub: Pick<TestHub, 'stop'> | undefined;
afterEach(async () => {
  await hub?.stop();
  hub = undefined;
});

const queues = [
  ['Postgres', () => ({})],
  ['Redis', () => ({ redisUrl: redisForTest() })],
] as const;

const fields = `
  event ingestToken { name } requestPosition quarantinedEvent { code releasedAt } unselectedCurrents { name }
  deliveries { current { name } status code attemptCount isReplay wait { reason } deadLetter { code replayedAt } lastAttemptAt }`;

interface Found {
  readonly __typename?: string;
  readonly event: { readonly id: string } | null;
  readonly requestPosition: number | null;
  readonly quarantinedEvent: object | null;
  readonly unselectedCurrents: readonly { readonly name: string }[];
  readonly deliveries: readonly {
    readonly status: string;
    readonly isReplay: boolean;
    readonly lastAttemptAt: string | null;
    readonly deadLetter: { readonly replayedAt: string | null } | null;
  }[];
}

const byId = async (client: AdminClient, id: string): Promise<Found> =>
  (
    await client.ask<{ event: Found }>(
      `query ($id: String!) { event(eventId: $id) { __typename ... on StoredEvent { ${fields} } } }`,
      { id },
    )
  ).event;
const byUser = async (client: AdminClient, externalUserId: string): Promise<readonly Found[]> =>
  (
    await client.ask<{ events: { nodes: readonly Found[] } }>(
      `query ($filter: StoredEventFilter!) { events(first: 10, filter: $filter) { nodes { ${fields} } } }`,
      { filter: { externalUserId } },
    )
  ).events.nodes;

describe.each(queues)('with the queue in %s', (_name, queue) => {
  it('five events with five fates are found by their ids and by their users, each with its fate', async () => {
    const started = await startTestHub({ projects: ['mail'], ...queue() });
    hub = started;
    const client = createAdminClient(started.hub.api.url, started.hub.adminToken ?? '');
    const current = await started.launch('mail', ['users.messages.email.Open']);
    const sent = (user: string, more: object = {}) => event({ user: { external_user_id: user }, ...more });
    const fates = {
      delivered: sent('ada'),
      skipped: sent('ben', { time: 1_000_000_000 }),
      notTicked: sent('cem', { event_type: 'users.messages.email.Click', properties: {} }),
      refused: sent('dee', { time: tomorrow() }),
      quarantined: sent('eli', { event_type: 'users.messages.pigeon.Open' }),
    };
    expect((await started.post(Object.values(fates))).body).toMatchObject({ accepted: 4, quarantined: 1 });
    await until(
      () => ledgerOf(started.sql, current),
      ({ selected, pending }) => selected === 3 && pending === 0,
    );

    const accepted = { ingestToken: { name: 'test' }, quarantinedEvent: null };
    const passed = { current: { name: 'mail' }, attemptCount: 1, isReplay: false, wait: null };
    const expected = {
      delivered: {
        ...accepted,
        requestPosition: 0,
        unselectedCurrents: [],
        deliveries: [{ ...passed, status: 'DELIVERED', code: null, deadLetter: null }],
      },
      skipped: {
        ...accepted,
        requestPosition: 1,
        unselectedCurrents: [],
        deliveries: [{ ...passed, status: 'SKIPPED', code: 'before_2010', deadLetter: null }],
      },
      notTicked: { ...accepted, requestPosition: 2, unselectedCurrents: [{ name: 'mail' }], deliveries: [] },
      refused: {
        ...accepted,
        requestPosition: 3,
        unselectedCurrents: [],
        deliveries: [
          {
            ...passed,
            status: 'REJECTED',
            code: 'rejected_by_mixpanel',
            deadLetter: { code: 'rejected_by_mixpanel', replayedAt: null },
          },
        ],
      },
      quarantined: {
        event: null,
        ingestToken: { name: 'test' },
        requestPosition: null,
        quarantinedEvent: { code: 'UNKNOWN_EVENT_TYPE', releasedAt: null },
        unselectedCurrents: [],
        deliveries: [],
      },
    };
    for (const [fate, { id, user }] of Object.entries(fates)) {
      const found = await byId(client, id);
      expect(found, fate).toMatchObject({ __typename: 'StoredEvent', ...expected[fate as keyof typeof expected] });
      if (fate !== 'quarantined') expect(found.event?.id).toBe(id);
      for (const { lastAttemptAt } of found.deliveries) expect(Date.parse(lastAttemptAt ?? '')).not.toBeNaN();
      const { __typename, ...same } = found;
      expect(await byUser(client, (user as { external_user_id: string }).external_user_id), fate).toEqual([same]);
    }
    expect(await byId(client, 'never-sent')).toMatchObject({ __typename: 'EventNotFound' });

    expect(await started.admin.replay(current)).toBe(1);
    const replayed = await until(
      () => byId(client, fates.refused.id),
      ({ deliveries }) => deliveries.length === 2 && deliveries[1]?.status === 'REJECTED',
    );
    expect(replayed.deliveries.map(({ isReplay }) => isReplay)).toEqual([false, true]);
    expect(replayed.deliveries[0]?.deadLetter?.replayedAt).not.toBeNull();
  }, 120_000);
});

it('an event behind a key that is over its limit waits for that key, until a time that is said', async () => {
  // Of one device, 30 events in 30 seconds.
  const settings = { endpoint: 'httpapi', eventsPerSecondPerKey: 1 };
  const started = await startAmplitudeHub({ projects: { hot: { limits: { httpapiEps: 1 } } } });
  hub = started;
  const current = await started.launch('hot', { settings });
  const ofDevice = events(60, { user: { external_user_id: 'busy', device_id: 'a hot device' } });
  const other = event({ user: { external_user_id: 'calm', device_id: 'another device' } });
  expect((await started.post([...ofDevice, other])).body).toMatchObject({ accepted: 61 });
  await until(
    () => ledgerOf(started.sql, current),
    ({ delivered, pending }) => delivered > 0 && pending > 0,
    30_000,
  );
  const last = ofDevice.at(-1);
  const { event: found } = await until(
    () =>
      started.client.ask<{
        event: {
          deliveries: readonly {
            status: string;
            wait: { reason: string; code: string; detail: string; until: string } | null;
          }[];
        };
      }>(
        `query ($id: String!) {
          event(eventId: $id) { ... on StoredEvent { deliveries { status wait { reason code detail until } } } }
        }`,
        { id: last?.id },
      ),
    // Until the attempt is recorded, it is in flight.
    ({ event: { deliveries } }) => deliveries[0]?.wait?.reason !== 'IN_FLIGHT',
  );
  expect(found.deliveries).toEqual([
    {
      status: 'PENDING',
      wait: {
        reason: 'KEY_THROTTLED',
        code: 'over_budget',
        detail: expect.stringMatching(/^this \w+ has reached the limit of the partner/) as string,
        until: expect.any(String) as string,
      },
    },
  ]);
  const [{ now } = { now: new Date(0) }] = await started.sql<{ now: Date }[]>`select now() as now`;
  const untilMs = Date.parse(found.deliveries[0]?.wait?.until ?? '');
  expect(untilMs).toBeGreaterThan(now.getTime());
  expect(untilMs).toBeLessThan(now.getTime() + 120_000);
  const { event: calm } = await started.client.ask<{ event: { deliveries: readonly { status: string }[] } }>(
    'query ($id: String!) { event(eventId: $id) { ... on StoredEvent { deliveries { status } } } }',
    { id: other.id },
  );
  expect(calm.deliveries).toEqual([{ status: 'DELIVERED' }]);
}, 120_000);
