import { braze, type BrazeSettings } from '@currents/connector-braze';
import { expect, it } from 'vitest';

const settings = (more: object = {}): BrazeSettings =>
  braze.settings.parse({ restEndpoint: 'https://rest.iad-01.braze.com/', attribute: 'currents_vip', ...more });

const kim = { externalId: 'kim' };
const alias = { alias: { name: 'kim', label: 'crm' } };

it.each([
  [kim, true, {}, { external_id: 'kim', _update_existing_only: true, currents_vip: true }],
  [kim, false, {}, { external_id: 'kim', _update_existing_only: true, currents_vip: false }],
  [kim, false, { afterLeaving: 'blank' }, { external_id: 'kim', _update_existing_only: true, currents_vip: null }],
  [kim, true, { unknownUsers: 'create' }, { external_id: 'kim', _update_existing_only: false, currents_vip: true }],
  [kim, false, { unknownUsers: 'create' }, { external_id: 'kim', _update_existing_only: true, currents_vip: false }],
  [
    alias,
    true,
    {},
    { user_alias: { alias_name: 'kim', alias_label: 'crm' }, _update_existing_only: true, currents_vip: true },
  ],
] as const)('tells Braze of %j, a member: %s, with %j', (member, isMember, more, payload) => {
  expect(braze.map(member, isMember, settings(more))).toEqual({ payload });
});

it.each([
  ['Buyers', 'currents_buyers'],
  ['Käufer & Co. (2026)', 'currents_ka_ufer_co_2026'],
  ['購入者', 'currents_segment'],
])('suggests an attribute for the segment %s: %s', (name, attribute) => {
  expect(braze.suggestName(name)).toBe(attribute);
  expect(settings({ attribute }).attribute).toBe(attribute);
});

it('suggests only names that Braze takes, however long the name of the segment is', () => {
  const attribute = braze.suggestName('word '.repeat(100));
  expect(settings({ attribute }).attribute).toBe(attribute);
});

it('sends to the endpoint of the instance, or to the base URL', () => {
  expect(braze.objectOf(settings())).toEqual({ account: 'https://rest.iad-01.braze.com', name: 'currents_vip' });
  expect(braze.origins(settings({ baseUrl: 'http://localhost:1/b' }))).toEqual(['http://localhost:1']);
});
