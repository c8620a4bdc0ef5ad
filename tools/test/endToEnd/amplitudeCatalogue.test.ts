import { randomUUID } from 'node:crypto';
import { catalogue, sampleOf, type CatalogueEvent } from '@currents/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../src/fakes/ledger.js';
import { insertIdOf, startAmplitudeHub, type AmplitudeHub } from './amplitudeHub.js';
import { amplitudeNamesOfEstablished, amplitudeNamesOfLater, notForAmplitude } from './amplitudeNames.js';
import { ledgerOf, skipsOf } from './ledger.js';
import { until } from './until.js';

const names = { ...amplitudeNamesOfEstablished, ...amplitudeNamesOfLater };
const types = Object.keys(names);

/** The sample of an event type with a new id, and with these fields of its user replaced. */
function sample(eventType: string, user: Readonly<Record<string, unknown>>): CatalogueEvent {
  const { user: usual, ...rest } = sampleOf(eventType);
  const merged = { ...usual, ...user };
  return {
    ...rest,
    id: randomUUID(),
    user: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)),
  };
}

const known = types.map((type) =>
  sample(type, { external_user_id: `customer of ${type}`, device_id: `device of ${type}` }),
);
const anonymous = types.map((type) =>
  sample(type, { external_user_id: undefined, device_id: `anonymous device ${type}` }),
);
const withoutIds = types.map((type) => sample(type, { external_user_id: undefined, device_id: undefined }));
const untaken = notForAmplitude.map((type) => sample(type, { external_user_id: 'customer' }));
const sent = [...known, ...anonymous, ...withoutIds, ...untaken];

let hub: AmplitudeHub;
/** One Current for each of the two endpoints, and one that selects a single event type. */
const currents: Record<string, number> = {};
const shown = new Map<string, ReadonlyMap<string, StoredEvent>>();

beforeAll(async () => {
  hub = await startAmplitudeHub({ projects: { batch: {}, httpapi: {}, opens: {} } });
  currents['batch'] = await hub.launch('batch');
  currents['httpapi'] = await hub.launch('httpapi', { settings: { endpoint: 'httpapi' } });
  currents['opens'] = await hub.launch('opens', { eventTypes: ['users.messages.email.Open'] });
  expect(await hub.post(sent)).toEqual({
    status: 200,
    body: { accepted: sent.length, quarantined: 0, quarantinedEvents: [] },
  });
  for (const current of Object.values(currents))
    await until(
      () => ledgerOf(hub.sql, current),
      ({ selected, pending }) => selected > 0 && pending === 0,
    );
  const { view } = hub.amplitude.control.ledger();
  for (const project of Object.keys(currents)) {
    shown.set(
      project,
      new Map(view.filter((copy) => copy.project === project).map((copy) => [insertIdOf(copy), copy])),
    );
  }
});
afterAll(() => hub?.stop());

/** Fields that are not passed on to Amplitude, or renamed there (Braze, event glossary). */
const leftOut = ['sdk_version', 'gender', 'country', 'language'];
const renamed: Readonly<Record<string, string>> = { content_card_id: 'card_id' };
const prefixed: Readonly<Record<string, string>> = {
  custom_properties: '[Custom event property] ',
  purchase_properties: '[Purchase property] ',
};

/** The event that Amplitude should store: identity, id, time and purchase at the top level, all other fields in its properties. */
function expectedEvent({ event_type, id, time, user, properties }: CatalogueEvent): Record<string, unknown> {
  const inside: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(properties)) {
    if (leftOut.includes(key) || value === null) continue;
    const prefix = prefixed[key];
    if (prefix === undefined) inside[renamed[key] ?? key] = value;
    else for (const [inner, free] of Object.entries(value as object)) inside[prefix + inner] = free;
  }
  const outside: Record<string, unknown> = {
    event_type: names[event_type],
    insert_id: id,
    time: time * 1000,
    library: 'Braze',
    ...(user.external_user_id && { user_id: user.external_user_id }),
    ...(user.device_id && { device_id: user.device_id }),
    event_properties: inside,
  };
  if (event_type === 'users.behaviors.CustomEvent') {
    outside['event_type'] = `${names[event_type]}${String(properties['name'])}`;
    delete inside['name'];
  }
  if (event_type === 'users.behaviors.subscription.GlobalStateChange') inside['timezone'] = user.timezone;
  // Amplitude accepts a product only with a price.
  if (typeof properties['price'] === 'number') {
    Object.assign(outside, {
      price: properties['price'],
      ...(properties['product_id'] !== undefined && { productId: properties['product_id'] }),
    });
    delete inside['price'];
    delete inside['product_id'];
  }
  if (properties['ad_id_type'] === 'google_ad_id') outside['adid'] = properties['ad_id'];
  if (properties['ad_id_type'] === 'ios_idfa') outside['idfa'] = properties['ad_id'];
  return outside;
}

describe.each(['batch', 'httpapi'])('at %s, every event type', (project) => {
  it.each(
    [...known, ...anonymous].map(
      (event) => [event.event_type, event.user.external_user_id ? 'a user' : 'a device', event] as const,
    ),
  )('%s of %s arrives in the documented form', (_type, _who, event) => {
    const copy = shown.get(project)?.get(event.id);
    expect(copy?.event).toEqual(expectedEvent(event));
    expect(copy?.altered).toEqual([]);
  });

  it('arrives once, without any other event', () => {
    expect([...(shown.get(project) ?? new Map<string, StoredEvent>()).keys()].sort()).toEqual(
      [...known, ...anonymous].map(({ id }) => id).sort(),
    );
  });

  it('of a user without external id and device id is skipped with a reason', async () => {
    const current = currents[project] ?? 0;
    expect(await skipsOf(hub.sql, current)).toEqual({ no_user_or_device_id: types.length, profile_updates_off: 1 });
    const counts = {
      // An update of a profile is skipped, too.
      selected: types.length * 3 + 1,
      delivered: types.length * 2,
      skipped: types.length + 1,
      rejected: 0,
      expired: 0,
      pending: 0,
    };
    expect(await ledgerOf(hub.sql, current)).toEqual(counts);
  });
});

it('the list has every event type of the catalogue: 62 established and all later ones', () => {
  expect(Object.keys(amplitudeNamesOfEstablished)).toHaveLength(62);
  expect([...types, ...notForAmplitude].sort()).toEqual(catalogue.map(({ name }) => name).sort());
});

it('events that are not selected are not sent', async () => {
  expect(await ledgerOf(hub.sql, currents['opens'] ?? 0)).toEqual({
    selected: 3,
    delivered: 2,
    skipped: 1,
    rejected: 0,
    expired: 0,
    pending: 0,
  });
});

it('requests follow the rules for clients, without an upload time and without the platform’s user id', () => {
  const { requests } = hub.amplitude.control.ledger();
  expect(hub.amplitude.control.summary()).toMatchObject({
    duplicates: 0,
    rejected: 0,
    lostCandidates: 0,
    violations: {},
  });
  const bodies = requests.map(({ seq }) => Buffer.from(hub.amplitude.control.body(seq) ?? []).toString());
  expect(bodies.some((body) => body.includes('client_upload_time'))).toBe(false);
  // The platform's own id of a user.
  expect(bodies.some((body) => body.includes(known[0]?.user.user_id ?? '-'))).toBe(false);
});

it('a purchase has its product, price and properties in the fields that Amplitude reads', () => {
  const purchase = known.find(({ event_type }) => event_type === 'users.behaviors.Purchase');
  const copy = shown.get('batch')?.get(purchase?.id ?? '')?.event ?? {};
  expect(copy).toMatchObject({ productId: purchase?.properties['product_id'], price: purchase?.properties['price'] });
  expect(copy['event_properties']).toMatchObject({ currency: purchase?.properties['currency'] });
  const own = Object.keys(copy['event_properties'] as object).filter((key) => key.startsWith('[Purchase property] '));
  expect(own).toHaveLength(Object.keys(purchase?.properties['purchase_properties'] as object).length);
  expect(own.length).toBeGreaterThan(0);
});

it('an update of a profile sets properties of the user where the Current asks for that', async () => {
  const current = await hub.launch('opens', {
    name: 'profiles',
    settings: { profileUpdates: true },
    eventTypes: ['users.profile.Update'],
  });
  const update = sample('users.profile.Update', { external_user_id: 'customer of a profile' });
  await hub.post([update]);
  await until(
    () => ledgerOf(hub.sql, current),
    ({ selected, pending }) => selected === 1 && pending === 0,
  );
  const copy = hub.amplitude.control.ledger().view.find((each) => insertIdOf(each) === update.id);
  expect(copy?.event).toMatchObject({
    event_type: '$identify',
    user_id: 'customer of a profile',
    time: update.time * 1000,
    user_properties: { $set: { first_name: 'Ingrid', '[Custom attribute] favourite_roast': 'medium' } },
  });
  expect(hub.amplitude.control.summary()).toMatchObject({ rejected: 0, violations: {} });
});
