import { describe, expect, it } from 'vitest';
import { catalogue, readBody, readStored, sampleOf, type CatalogueEvent, type Taken } from '../src/index.js';

/** A seeded sequence of pseudo-random numbers. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** A valid or invalid event. */
function someEvent(roll: (sides: number) => number): string {
  const sample = sampleOf(catalogue[roll(catalogue.length)]!.name);
  const event = { ...sample, id: `${roll(1e9)}` };
  const variants = [
    () => event,
    () => event,
    () => event,
    () => ({ ...event, event_type: ['users_campaigns_abort', 'users_canvas_abort'][roll(2)] }),
    () => ({ ...event, user: null }),
    () => ({ ...event, user: undefined }),
    () => ({
      ...event,
      properties: { ...event.properties, extra: 'half \uD83D of a pair', nested: [{ '\uDC00': 1 }] },
    }),
    () => ({ ...event, properties: { ...event.properties, extra: '🍂 "quoted", with {brackets]' } }),
    () => ({ ...event, events: [{ id: 'not an event of its own' }] }),
    () => ({ ...event, time: 'soon' }),
    () => ({ ...event, event_type: 'users.messages.fax.Send' }),
    () => [event],
    () => null,
  ];
  return JSON.stringify(variants[roll(variants.length)]!());
}

function randomBody(roll: (sides: number) => number): Taken {
  const events = Array.from({ length: roll(6) }, () => someEvent(roll));
  const bundle = (items: readonly string[]) => `{"events":[${items.join(',')}]}`;
  const bodies = [
    () => readBody(bundle(events), 'json'),
    () => readBody(`\uFEFF${bundle(events)}\n`, 'json'),
    () => readBody(`[${events.join(',')}]`, 'json'),
    () => readBody(`[${bundle(events.slice(0, 2))},${[...events.slice(2), bundle([])].join(',')}]`, 'json'),
    () => readBody(JSON.stringify(sampleOf('users.behaviors.CustomEvent')), 'json'),
    () => readBody(events.join('\n'), 'ndjson'),
    () => readBody([...events, bundle(events), '', '{broken'.slice(0, roll(8))].join('\r\n'), 'ndjson'),
    () => readBody('', 'json'),
  ];
  const reading = bodies[roll(bodies.length)]!();
  if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
  return reading;
}

describe('readStored', () => {
  it('reads all events that readBody accepted, in any mix of bodies', () => {
    const roll = dice(20_250_924);
    let asTheyCame = 0;
    for (let round = 0; round < 500; round += 1) {
      const readings = Array.from({ length: roll(5) }, () => randomBody(roll));
      const accepted: readonly CatalogueEvent[] = readings.flatMap(({ events }) => events);
      const stored = readStored(`[${readings.map(({ json }) => json).join(',')}]`);
      expect(stored).toEqual(accepted);
      for (const { user, properties, event_type } of stored) {
        expect([typeof user, typeof properties, catalogue.some(({ name }) => name === event_type)]).toEqual([
          'object',
          'object',
          true,
        ]);
      }
      asTheyCame += readings.filter(({ quarantined, events }) => quarantined.length === 0 && events.length > 0).length;
    }
    expect(asTheyCame).toBeGreaterThan(100);
  });

  it('reads no events from empty content', () => {
    expect(readStored('[]')).toEqual([]);
  });

  it('throws for content that readBody did not write', () => {
    expect(() => readStored('{"events":[]}')).toThrow();
    expect(() => readStored('[{]')).toThrow();
  });
});
