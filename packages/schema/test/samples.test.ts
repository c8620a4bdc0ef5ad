import { describe, expect, it } from 'vitest';
import { catalogue, checkEvent, readBody, sampleOf } from '../src/index.js';

describe.each(catalogue)('the sample of $name', (eventType) => {
  const sample = sampleOf(eventType.name);

  it('is accepted by the catalogue', () => {
    expect(checkEvent(sample)).toBe(eventType);
    expect(sample.event_type).toBe(eventType.name);
  });

  it('has a value for every property, and no others', () => {
    expect(Object.keys(sample.properties).sort()).toEqual(eventType.properties.map(({ name }) => name).sort());
    for (const value of Object.values(sample.properties)) expect(value ?? '').not.toBe('');
  });
});

describe('samples', () => {
  it('are equal in every call, and can be changed', () => {
    const one = sampleOf('users.behaviors.CustomEvent');
    const other = sampleOf('users.behaviors.CustomEvent');
    expect(one).toEqual(other);
    expect(one.properties).not.toBe(other.properties);
    expect(one.properties['custom_properties']).not.toBe(other.properties['custom_properties']);
    expect(one.user).not.toBe(other.user);
  });

  it('have distinct ids in the form of a UUID', () => {
    const ids = catalogue.map(({ name }) => sampleOf(name).id);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('are accepted unchanged by readBody', () => {
    const body = JSON.stringify({ events: catalogue.map(({ name }) => sampleOf(name)) });
    expect(readBody(body, 'json')).toMatchObject({ types: catalogue, quarantined: [], json: body });
  });

  it('exist for aliases, and throw for unknown types', () => {
    expect(sampleOf('users_canvas_abort').event_type).toBe('users.canvas.Abort');
    expect(() => sampleOf('users.messages.fax.Send')).toThrow('"users.messages.fax.Send"');
  });
});
