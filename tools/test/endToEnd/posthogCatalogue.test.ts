import { randomUUID } from 'node:crypto';
import { catalogue, sampleOf, type CatalogueEvent } from '@currents/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { posthogMatrix } from '../../src/fakes/posthog/profile.js';
import type { FakePostHog } from '../../src/fakes/posthog/startFakePostHog.js';
import type { StoredEvent } from '../../src/fakes/ledger.js';
import { startDestinationHub, type DestinationHub } from './destinationHub.js';
import { event, events } from './events.js';
import { deadLettersOf, ledgerOf, skipsOf } from './ledger.js';
import { namesOfEstablished, namesOfLater, notForMixpanel } from './mixpanelNames.js';
import { posthogDestination } from './posthogDestination.js';
import { onceEach } from './shown.js';
import { until } from './until.js';

/** Braze’s titles, of which Mixpanel’s table spells two differently. */
const names: Readonly<Record<string, string>> = {
  ...namesOfEstablished,
  ...namesOfLater,
  'users.messages.inappmessage.Impression': 'In-App Message Impression',
  'users.messages.inappmessage.Click': 'In-App Message Click',
};
const types = Object.keys(names);

function sample(eventType: string, externalId: string | undefined): CatalogueEvent {
  const { user, ...rest } = sampleOf(eventType);
  const { external_user_id: _, ...others } = user;
  return { ...rest, id: randomUUID(), user: { ...others, ...(externalId && { external_user_id: externalId }) } };
}

const known = types.map((type) => sample(type, `customer of ${type}`));
const anonymous = types.map((type) => sample(type, undefined));
const untaken = notForMixpanel.map((type) => sample(type, 'customer'));

let hub: DestinationHub<FakePostHog['control']>;
let current: number;
let shown: ReadonlyMap<string, StoredEvent>;

async function settled(currentId: number, selected: number): Promise<void> {
  await until(
    () => ledgerOf(hub.sql, currentId),
    (counts) => counts.selected === selected && counts.pending === 0,
    30_000,
  );
}

beforeAll(async () => {
  hub = await startDestinationHub(posthogDestination, ['everything', 'others']);
  current = await hub.launch('everything');
  const all = [...known, ...anonymous, ...untaken];
  expect(await hub.post(all)).toMatchObject({ status: 200, body: { accepted: all.length, quarantined: 0 } });
  await settled(current, known.length + anonymous.length);
  shown = new Map(hub.fake.control.ledger().view.map((copy) => [posthogDestination.idOf(copy), copy]));
}, 60_000);
afterAll(() => hub?.stop());

/** The properties that PostHog should store of an event. */
function expectedProperties({ event_type, user, properties }: CatalogueEvent): Record<string, unknown> {
  const expected: Record<string, unknown> = {
    $lib: 'currents',
    $geoip_disable: true,
    $process_person_profile: true,
    ...(user.device_id && { device_id: user.device_id }),
  };
  const prefixed: Readonly<Record<string, string>> = {
    custom_properties: '[Custom event property] ',
    purchase_properties: '[Purchase property] ',
  };
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || (key === 'name' && event_type === 'users.behaviors.CustomEvent')) continue;
    const prefix = prefixed[key];
    if (prefix === undefined) expected[key] = value;
    else for (const [inner, free] of Object.entries(value as object)) expected[prefix + inner] = free;
  }
  return expected;
}

describe('every event type', () => {
  it('is on the list', () => {
    expect([...types, ...notForMixpanel].sort()).toEqual(catalogue.map(({ name }) => name).sort());
  });

  it.each(known.map((each) => [each.event_type, each] as const))('%s arrives in the documented form', (type, each) => {
    const own = type === 'users.behaviors.CustomEvent' ? String(each.properties['name']) : '';
    expect(shown.get(each.id)?.event).toEqual({
      event: `${names[type]}${own}`,
      distinct_id: each.user.external_user_id,
      uuid: each.id,
      timestamp: new Date(each.time * 1000).toISOString(),
      properties: expectedProperties(each),
    });
  });

  it('arrives once, without any other event and without a warning of PostHog', async () => {
    expect(hub.shown(hub.fake.control.ledger(), 'everything')).toEqual(onceEach(known.map(({ id }) => id)));
    expect(hub.fake.control.summary()).toMatchObject({ duplicates: 0, lostCandidates: 0, violations: {} });
    expect(await skipsOf(hub.sql, current)).toEqual({ no_external_user_id: types.length });
  });
});

describe('what PostHog would drop or change later', () => {
  const now = Math.floor(Date.now() / 1000);

  it('is a dead letter with a named reason, and everything else arrives without a warning', async () => {
    hub.fake.control.reset();
    const bad = [
      [event({ user: { external_user_id: 'Anonymous' } }), 'distinct_id_not_allowed'],
      [event({ user: { external_user_id: "'null'" } }), 'distinct_id_not_allowed'],
      [event({ user: { external_user_id: 'x'.repeat(201) } }), 'distinct_id_too_long'],
      [event({ time: now + 24 * 3_600 }), 'too_far_ahead'],
      [event({ time: -1 }), 'time_out_of_range'],
      [event({ properties: { title: '€'.repeat(330_000) } }), 'event_too_large'],
    ] as const;
    const good = [...events(200), { ...event(), id: 'order-2026/0042' }, event({ time: now + 22 * 3_600 })];
    const id = await hub.launch('others', { name: 'warnings' });
    await hub.post([...bad.map(([each]) => each), ...good]);
    await settled(id, bad.length + good.length);
    await hub.admin.remove(id, 'warnings');
    const letters = await deadLettersOf(hub.sql, id);
    expect(letters.map((letter) => `${letter.id} ${letter.code}`).sort()).toEqual(
      bad.map(([{ id: eventId }, code]) => `${eventId} ${code}`).sort(),
    );
    const arrived = hub.shown(hub.fake.control.ledger(), 'others');
    expect(arrived.size).toBe(good.length);
    expect(good.filter(({ id: each }) => arrived.get(each) !== 1)).toHaveLength(1);
    expect(hub.fake.control.summary().violations).toEqual({});
  }, 40_000);
});

describe('the outcomes are the same for each undocumented behaviour of PostHog', () => {
  it.each([{}, ...posthogMatrix].map((profile) => [JSON.stringify(profile), profile] as const))(
    '%s',
    async (name, profile) => {
      hub.fake.control.reset();
      hub.fake.control.setProfile({ ...profile, maxEventBytes: 20_000 });
      const good = events(600);
      const bad = events(2);
      const large = event({ properties: { title: 'x'.repeat(25_000) } });
      hub.fake.control.addFault({
        action: { kind: 'partial400', ids: bad.map(({ id }) => id) },
        match: { eventIdIn: bad.map(({ id }) => id) },
      });
      const id = await hub.launch('others', { name });
      const sent = [bad[0], ...good.slice(0, 250), large, ...good.slice(250, 400), bad[1], ...good.slice(400)];
      await hub.post(sent);
      await settled(id, sent.length);
      await hub.admin.remove(id, name);
      const letters = await deadLettersOf(hub.sql, id);
      expect(letters.map((letter) => `${letter.id} ${letter.code}`).sort()).toEqual(
        [...bad.map((each) => `${each.id} bad_request`), `${large.id} request_too_large`].sort(),
      );
      expect(hub.shown(hub.fake.control.ledger(), 'others')).toEqual(onceEach(good.map(({ id: each }) => each)));
      expect(hub.fake.control.summary().violations).toEqual({});
    },
    40_000,
  );
});
