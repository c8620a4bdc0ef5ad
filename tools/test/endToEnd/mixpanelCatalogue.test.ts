import { randomUUID } from 'node:crypto';
import { catalogue, sampleOf, type CatalogueEvent } from '@currents/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../src/fakes/ledger.js';
import { ledgerOf, skipsOf } from './ledger.js';
import { namesOfEstablished, namesOfLater, notForMixpanel } from './mixpanelNames.js';
import { idOf } from './shown.js';
import { startTestHub, type TestHub } from './testHub.js';
import { until } from './until.js';

const names = { ...namesOfEstablished, ...namesOfLater };
const types = Object.keys(names);

/** The sample of an event type with a new id and its own user. */
function sample(
  eventType: string,
  user: Readonly<Record<string, unknown>> = { external_user_id: `customer of ${eventType}` },
): CatalogueEvent {
  const { user: usual, ...rest } = sampleOf(eventType);
  const merged = { ...usual, ...user };
  return {
    ...rest,
    id: randomUUID(),
    user: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)),
  };
}

const known = types.map((type) => sample(type));
const anonymous = types.map((type) => sample(type, { external_user_id: undefined }));
const untaken = notForMixpanel.map((type) => sample(type));

let hub: TestHub;
let everything: number;
let opens: number;
let shown: ReadonlyMap<string, StoredEvent>;

beforeAll(async () => {
  hub = await startTestHub({ projects: ['everything', 'opens'] });
  everything = await hub.launch('everything');
  opens = await hub.launch('opens', ['users.messages.email.Open']);
  const all = [...known, ...anonymous, ...untaken];
  expect(await hub.post(all)).toEqual({
    status: 200,
    body: { accepted: all.length, quarantined: 0, quarantinedEvents: [] },
  });
  await until(
    () => ledgerOf(hub.sql, everything),
    ({ selected, pending }) => selected > 0 && pending === 0,
  );
  await until(
    () => ledgerOf(hub.sql, opens),
    ({ selected, pending }) => selected > 0 && pending === 0,
  );
  const { view } = hub.mixpanel.control.ledger();
  shown = new Map(view.filter(({ project }) => project === 'everything').map((copy) => [idOf(copy), copy]));
});
afterAll(() => hub?.stop());

/** Keys that the platform does not pass on to Mixpanel, or renames there (Braze, event glossary). */
const leftOut = ['sending_ip', 'sdk_version', 'gender', 'country', 'language', 'canvas_step_message_variation_id'];
const renamed: Readonly<Record<string, string>> = {
  device_model: '$device',
  os_version: '$os',
  content_card_id: 'card_id',
};
const prefixed: Readonly<Record<string, string>> = {
  custom_properties: '[Custom event property] ',
  purchase_properties: '[Purchase property] ',
};

/** The properties that Mixpanel should store of an event. */
function expectedProperties({ event_type, id, time, user, properties }: CatalogueEvent): Record<string, unknown> {
  const expected: Record<string, unknown> = {
    $insert_id: id,
    distinct_id: user.external_user_id,
    time: time * 1000,
    $partner_id: 'braze',
    device_id: user.device_id ?? undefined,
  };
  for (const [key, value] of Object.entries(properties)) {
    if (leftOut.includes(key) || value === null) continue;
    const prefix = prefixed[key];
    if (prefix === undefined) expected[renamed[key] ?? key] = value;
    else for (const [inner, free] of Object.entries(value as object)) expected[prefix + inner] = free;
  }
  if (event_type === 'users.behaviors.CustomEvent') delete expected['name'];
  if (event_type === 'users.behaviors.Purchase') expected['productId'] = properties['product_id'];
  return expected;
}

describe('every event type', () => {
  it('is on the list of 62 established and all later ones', () => {
    expect(Object.keys(namesOfEstablished)).toHaveLength(62);
    expect([...types, ...notForMixpanel].sort()).toEqual(catalogue.map(({ name }) => name).sort());
  });

  it.each(known.map((event) => [event.event_type, event] as const))(
    '%s arrives in the documented form',
    (type, event) => {
      const { mp_lib: _, ...properties } = shown.get(event.id)?.event['properties'] as Record<string, unknown>;
      const own = type === 'users.behaviors.CustomEvent' ? String(event.properties['name']) : '';
      expect(shown.get(event.id)?.event['event']).toBe(`${names[type]}${own}`);
      expect(properties).toEqual(expectedProperties(event));
      expect(shown.get(event.id)?.altered).toEqual([]);
    },
  );

  it('arrives once, without any other event', () => {
    expect([...shown.keys()].sort()).toEqual(known.map(({ id }) => id).sort());
    expect(hub.mixpanel.control.summary()).toMatchObject({
      duplicates: 0,
      rejected: 0,
      lostCandidates: 0,
      violations: {},
    });
  });

  it('of a user without an external id is skipped with a reason', async () => {
    expect(await skipsOf(hub.sql, everything)).toEqual({ no_external_user_id: types.length, profile_updates_off: 1 });
    expect(await ledgerOf(hub.sql, everything)).toEqual({
      selected: types.length * 2 + 1,
      delivered: types.length,
      skipped: types.length + 1,
      rejected: 0,
      expired: 0,
      pending: 0,
    });
  });

  it('that is not selected is not sent', async () => {
    expect(await ledgerOf(hub.sql, opens)).toEqual({
      selected: 2,
      delivered: 1,
      skipped: 1,
      rejected: 0,
      expired: 0,
      pending: 0,
    });
  });
});

it('custom events have their own name and prefixed properties', () => {
  const event = known.find(({ event_type }) => event_type === 'users.behaviors.CustomEvent');
  const copy = shown.get(event?.id ?? '')?.event;
  expect(copy?.['event']).toMatch(/^\[Braze Custom Event\] \S/);
  const own = Object.keys(copy?.['properties'] as object).filter((key) => key.startsWith('[Custom event property] '));
  expect(own).toHaveLength(Object.keys(event?.properties['custom_properties'] as object).length);
  expect(own.length).toBeGreaterThan(0);
});

it('purchases have their product, their price as a number and prefixed properties', () => {
  const event = known.find(({ event_type }) => event_type === 'users.behaviors.Purchase');
  const properties = shown.get(event?.id ?? '')?.event['properties'] as Record<string, unknown>;
  const { product_id, price, currency, purchase_properties } = event?.properties ?? {};
  expect(properties).toMatchObject({ productId: product_id, price, currency });
  expect(typeof price).toBe('number');
  const own = Object.keys(properties).filter((key) => key.startsWith('[Purchase property] '));
  expect(own).toHaveLength(Object.keys(purchase_properties as object).length);
  expect(own.length).toBeGreaterThan(0);
});

it('a spelling with underscores is accepted as the same event type', async () => {
  const [campaign, canvas] = [sample('users.campaigns.Abort'), sample('users.canvas.Abort')];
  await hub.post([
    { ...campaign, event_type: 'users_campaigns_abort' },
    { ...canvas, event_type: 'users_canvas_abort' },
  ]);
  await until(
    () => ledgerOf(hub.sql, everything),
    ({ selected, pending }) => selected === types.length * 2 + 3 && pending === 0,
  );
  const later = new Map(hub.mixpanel.control.ledger().view.map((copy) => [idOf(copy), copy.event['event']]));
  expect([later.get(campaign.id), later.get(canvas.id)]).toEqual(['Campaign Abort', 'Canvas Abort']);
});
