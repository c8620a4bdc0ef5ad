import { randomUUID } from 'node:crypto';
import { catalogue, sampleOf } from '@currents/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeReceiver } from '../../src/fakes/receiver/startFakeReceiver.js';
import { receiverMatrix } from '../../src/fakes/receiver/profile.js';
import { startDestinationHub, type DestinationHub } from './destinationHub.js';
import { event, events } from './events.js';
import { httpDestination } from './httpDestination.js';
import { deadLettersOf, ledgerOf } from './ledger.js';
import { onceEach } from './shown.js';
import { until } from './until.js';

const sent = [
  ...catalogue.map(({ name }) => ({ ...sampleOf(name), id: randomUUID() })),
  // Braze may add fields at any time, and a receiver gets them.
  event({
    user: { external_user_id: 'kim', a_later_id: 'x' },
    properties: { a_later_property: { deep: [1, null, 'ü'] } },
  }),
  event({ user: {}, properties: {} }),
];

let hub: DestinationHub<FakeReceiver['control']>;
const arrived = new Map<string, ReadonlyMap<string, object>>();

async function settled(current: number, selected: number): Promise<void> {
  await until(
    () => ledgerOf(hub.sql, current),
    (counts) => counts.selected === selected && counts.pending === 0,
    30_000,
  );
}

beforeAll(async () => {
  hub = await startDestinationHub(httpDestination, ['signed', 'plain', 'profiles']);
  const signed = await hub.launch('signed', { settings: { gzip: true } });
  const plain = await hub.launch('plain', { settings: { eventsPerRequest: 20 } });
  expect(await hub.post(sent)).toMatchObject({ status: 200, body: { accepted: sent.length, quarantined: 0 } });
  for (const current of [signed, plain]) await settled(current, sent.length);
  for (const project of ['signed', 'plain']) {
    const { view } = hub.fake.control.ledger();
    const own = view.filter((copy) => copy.project === project);
    arrived.set(project, new Map(own.map((copy) => [httpDestination.idOf(copy), copy.event])));
  }
}, 60_000);
afterAll(() => hub?.stop());

describe.each(['signed', 'plain'])('at a receiver (%s)', (project) => {
  it.each(sent.map((each) => [each.event_type, each] as const))('%s arrives as Braze sent it', (_, each) => {
    expect(arrived.get(project)?.get(each.id)).toEqual(each);
  });

  it('nothing else arrives, and nothing twice', () => {
    expect(hub.shown(hub.fake.control.ledger(), project)).toEqual(onceEach(sent.map(({ id }) => id)));
    expect(hub.fake.control.summary()).toMatchObject({ duplicates: 0, rejected: 0, violations: {} });
  });
});

it('requests keep to the number of events that the Current allows', () => {
  const { requests } = hub.fake.control.ledger();
  const of = (project: string) => requests.filter((request) => request.project === project && request.eventCount > 0);
  expect(Math.max(...of('plain').map(({ eventCount }) => eventCount))).toBeLessThanOrEqual(20);
  expect(of('signed').every(({ encoding }) => encoding === 'gzip')).toBe(true);
});

describe('the outcomes are the same for each way in which receivers answer', () => {
  it.each([{}, ...receiverMatrix].map((profile) => [JSON.stringify(profile), profile] as const))(
    '%s',
    async (name, profile) => {
      hub.fake.control.reset();
      hub.fake.control.setProfile({ ...profile, maxEvents: 1_000 });
      const good = events(400);
      const bad = events(2);
      const more = [bad[0], ...good.slice(0, 250), bad[1], ...good.slice(250)];
      hub.fake.control.addFault({
        action: { kind: 'partial400', ids: bad.map(({ id }) => id) },
        match: { eventIdIn: bad.map(({ id }) => id) },
      });
      const current = await hub.launch('profiles', { name });
      await hub.post(more);
      await settled(current, more.length);
      await hub.admin.remove(current, name);
      const code = profile.refusal === 422 ? 'http_422' : 'bad_request';
      const letters = await deadLettersOf(hub.sql, current);
      expect(letters.map((letter) => `${letter.id} ${letter.code}`).sort()).toEqual(
        bad.map(({ id }) => `${id} ${code}`).sort(),
      );
      expect(hub.shown(hub.fake.control.ledger(), 'profiles')).toEqual(onceEach(good.map(({ id }) => id)));
      expect(hub.fake.control.summary()).toMatchObject({ violations: {}, duplicates: 0 });
    },
    40_000,
  );
});

it('a wrong signing secret blocks the Current, and the right one brings all events', async () => {
  hub.fake.control.reset();
  const wrong = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const current = await hub.launch('signed', { name: 'wrong secret', credentials: { signingSecret: wrong } });
  const more = events(20);
  await hub.post(more);
  const { block } = await until(
    () => hub.admin.stateOf(current),
    ({ state }) => state === 'BLOCKED',
  );
  expect(block).toEqual({ code: 'http_401', detail: expect.stringContaining('bad signature') });
  await hub.client.run(
    'mutation ($input: UpdateCurrentInput!) { updateCurrent(input: $input) { __typename ... on Problem { message } } }',
    {
      input: {
        id: `cur_${current}`,
        confirmName: 'wrong secret',
        credentials: httpDestination.current(hub.fake, 'signed').credentials,
      },
    },
    'UpdateCurrentPayload',
  );
  await settled(current, more.length);
  const shown = hub.shown(hub.fake.control.ledger(), 'signed');
  expect(more.map(({ id }) => shown.get(id))).toEqual(more.map(() => 1));
}, 40_000);
