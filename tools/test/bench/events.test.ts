import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mixpanel } from '@currents/connector-mixpanel';
import { readBody } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { writeBodies } from '../../src/bench/events/bodies.js';
import { benchEventTypes, createEventMaker, users } from '../../src/bench/events/eventMaker.js';
import { writeNdjson } from '../../src/bench/events/eventMaker.js';

const make = createEventMaker(7);
const events = Array.from({ length: 20_000 }, (_, number) => make(number));

/** Reads bodies as the hub does, and returns the accepted ids. */
function acceptedIds(bytes: Buffer): string[] {
  const reading = readBody(bytes.toString(), 'json');
  if ('unreadable' in reading) throw new Error(reading.unreadable.detail);
  expect(reading.quarantined).toEqual([]);
  return reading.events.map(({ id }) => id);
}

describe('the events of the bench', () => {
  it('have 14 event types, which the catalogue and Mixpanel support', () => {
    const types = new Set(events.map((event) => event.event_type));
    expect(types).toEqual(new Set(benchEventTypes));
    expect(types.size).toBe(14);
    for (const type of types) expect(mixpanel.nameOf(type)).toBeDefined();
  });

  it('are all accepted by the catalogue', () => {
    const reading = readBody(JSON.stringify({ events }), 'json');
    expect(reading).toMatchObject({ quarantined: [] });
    expect('events' in reading && reading.events.length).toBe(events.length);
  });

  it('have about 590 bytes on average', () => {
    const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
    expect(bytes / events.length).toBeGreaterThan(570);
    expect(bytes / events.length).toBeLessThan(610);
  });

  it('have unique ids and many users', () => {
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const ids = new Set(events.map(({ user }) => user.external_user_id));
    // This many draws from this many users hit about a third of them.
    expect(ids.size).toBeGreaterThan(users * 0.3);
    expect(ids.size).toBeLessThan(users * 0.35);
  });

  it('are determined by seed and number', () => {
    const again = createEventMaker(7);
    expect([again(9), again(3)]).toEqual([events[9], events[3]]);
    expect(createEventMaker(8)(3)).not.toEqual(events[3]);
  });

  it('are written to a file, one per line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
    try {
      await writeNdjson(join(folder, 'events'), make, 1_203);
      const lines = (await readFile(join(folder, 'events'), 'utf8')).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events.slice(0, 1_203));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a request body of the bench', () => {
  it('is valid, and gives its events new ids each time', () => {
    const bodies = writeBodies(createEventMaker(7), 10).slice(0, 50);
    const seen = new Set<string>();
    for (let pass = 0; pass < 5; pass++) {
      for (const body of bodies) {
        body.renew();
        const ids = acceptedIds(body.bytes);
        expect(body.ids()).toEqual(ids);
        for (const id of ids) seen.add(id);
      }
    }
    expect(seen.size).toBe(5 * 50 * 10);
  });

  it('is one of as many as the events of all users need, at least 32', () => {
    expect(writeBodies(make, 1_000).length).toBe(users / 1_000);
    expect(writeBodies(make, 2_000).length).toBe(32);
  }, 120_000);
});
