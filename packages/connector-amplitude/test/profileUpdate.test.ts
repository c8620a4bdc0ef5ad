import { sampleOf } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { amplitude } from '@currents/connector-amplitude';

const update = sampleOf('users.profile.Update');
const settings = amplitude.settings.parse({ region: 'us', profileUpdates: true });
const { user_id: _, external_user_id, device_id } = update.user;

describe('an update of a profile', () => {
  it('is skipped unless the Current asks for it', () => {
    const usual = amplitude.settings.parse({ region: 'us' });
    expect(amplitude.map(update, usual)).toEqual({ skip: 'profile_updates_off' });
  });

  it('sets what changed about the user, and is no event', () => {
    expect(amplitude.map(update, settings)).toEqual({
      payload: {
        user_id: external_user_id,
        device_id,
        event_type: '$identify',
        time: update.time * 1000,
        insert_id: update.id,
        library: 'Braze',
        event_properties: {},
        user_properties: {
          $set: {
            first_name: 'Ingrid',
            last_name: 'Solberg',
            email_address: 'ingrid@example.com',
            phone_number: '+4755512345',
            dob: '1991-04-23',
            home_city: 'Bergen',
            gender: 'F',
            country: 'NO',
            language: 'nb',
            '[Custom attribute] favourite_roast': 'medium',
            '[Custom attribute] bags_bought': 7,
          },
        },
      },
    });
  });

  it('that is replayed sets only what is not set', () => {
    const mapped = amplitude.map(update, settings, true);
    const first = amplitude.map(update, settings);
    if (!('payload' in mapped) || !('payload' in first)) throw new Error('expected payloads');
    expect(mapped.payload.user_properties).toEqual({ $setOnce: first.payload.user_properties?.['$set'] });
  });

  it.each([
    ['that is no JSON', 'favourite', { custom_attributes: 'favourite' }],
    [
      'with the name of an operation',
      '{"$unset":{"a":1},"__proto__":2}',
      { '[Custom attribute] $unset': { a: 1 }, '[Custom attribute] __proto__': 2 },
    ],
  ])('keeps attributes %s where they can do no harm', (_name, custom_attributes, $set) => {
    const mapped = amplitude.map({ ...update, properties: { custom_attributes } }, settings);
    expect(mapped).toMatchObject({ payload: { user_properties: { $set } } });
  });

  it('with attributes that nest too deep is a dead letter', () => {
    const deep = `${'{"a":'.repeat(45)}1${'}'.repeat(45)}`;
    expect(amplitude.map({ ...update, properties: { custom_attributes: deep } }, settings)).toMatchObject({
      reject: 'property_too_deep',
    });
  });

  it('of a user without an id is skipped, as an event is', () => {
    expect(amplitude.map({ ...update, user: {} }, settings)).toEqual({ skip: 'no_user_or_device_id' });
  });
});
