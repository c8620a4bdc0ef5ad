import { catalogue, sampleOf } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { expect, vi } from 'vitest';
import type { MapResult } from '../connector.js';
import { allEvents } from './awkwardEvents.js';
import { examplesIn } from './examples.js';
import { deepFreeze, law, lawsFor, snakeCase, type Law } from './law.js';
import { mapped, payloadOf } from './subject.js';
import type { Subject } from './subject.js';

export function mapLaws(subject: Subject): Law[] {
  const { connector, allSettings, named } = subject;
  return [
    law('4. map is pure: clock, randomness and earlier calls change nothing', () => {
      const events = allEvents();
      const forwards = answersAt(subject, new Date('2001-09-09T01:46:40Z'), 0.1, events);
      const backwards = answersAt(subject, new Date('2040-01-01T00:00:00Z'), 0.9, events.toReversed());
      expect(backwards.toReversed()).toStrictEqual(forwards);
    }),
    law('writes neither to the event nor to the settings', () => {
      for (const event of allEvents()) {
        deepFreeze(event);
        for (const settings of allSettings) expect(() => connector.map(event, settings)).not.toThrow();
      }
    }),
    law('does not depend on the order in which the settings were written', () => {
      subject.options.settings.valid.forEach((value, index) => {
        const settings = connector.settings.parse(inReverse(value));
        for (const event of allEvents())
          expect(connector.map(event, settings)).toStrictEqual(connector.map(event, allSettings[index]));
      });
    }),
    law('gives only listed reasons, and each is a word with a sentence', () => {
      for (const event of allEvents()) for (const settings of allSettings) mapped(subject, event, settings);
      for (const [reason, sentence] of Object.entries(connector.reasons)) {
        expect(reason).toMatch(snakeCase);
        expect(sentence).toMatch(/\S \S/);
      }
    }),
    law('makes a payload of every event type that has a name, and none is too large', () => {
      expect(named.length, 'event types with a name').toBeGreaterThan(0);
      for (const settings of allSettings) {
        const limits = connector.rateLimit(settings);
        for (const type of named) {
          const answer = mapped(subject, sampleOf(type.name), settings);
          // A setting may leave a type out, which the first settings do not.
          if (settings !== subject.settings && 'skip' in answer) continue;
          const json = JSON.stringify(payloadOf(subject, sampleOf(type.name), settings));
          const { maxEventBytes } = { ...limits, ...limits.routes?.[routeOf(answer) ?? ''] };
          expect(Buffer.byteLength(json), type.name).toBeLessThanOrEqual(maxEventBytes);
        }
      }
    }),
    law('names only routes with limits, and all of them, the same if the event is replayed', () => {
      for (const settings of allSettings) {
        const declared = connector.rateLimit(settings).routes ?? {};
        const used = new Set<string>();
        for (const event of allEvents()) {
          const route = routeOf(connector.map(event, settings));
          if (route === undefined) continue;
          used.add(route);
          expect(routeOf(connector.map(event, settings, true))).toBe(route);
        }
        expect([...used].toSorted()).toStrictEqual(Object.keys(declared).toSorted());
      }
    }),
    law('has routes of which the suite is given what the partner answers there', () => {
      const [, ...routes] = subject.routes;
      expect(routes.toSorted()).toStrictEqual(Object.keys(subject.options.routes ?? {}).toSorted());
    }),
    law('makes no payload of an event type that has no name', () => {
      const known = catalogue.map((type) => type.name).filter((name) => connector.nameOf(name) === undefined);
      for (const name of [...known, 'users.nothing.Known', 'constructor', '__proto__']) {
        const event: CatalogueEvent = { ...sampleOf('users.messages.email.Open'), event_type: name };
        expect(connector.nameOf(name), name).toBeUndefined();
        expect(mapped(subject, event), name).not.toHaveProperty('payload');
      }
    }),
    law('puts the event’s id into the payload, and makes different payloads of different ids', () => {
      for (const type of named) {
        const sample = sampleOf(type.name);
        const route = routeOf(mapped(subject, sample));
        if (route !== undefined && subject.options.routes?.[route]?.isIdempotent) continue;
        expect(JSON.stringify(payloadOf(subject, sample)), type.name).toContain(sample.id);
        const payloads = [sample.id, `${sample.id}:1`, `${sample.id}:2`, 'é'.repeat(40), 'é'.repeat(41)].map((id) =>
          JSON.stringify(payloadOf(subject, { ...sample, id })),
        );
        expect(new Set(payloads).size, type.name).toBe(payloads.length);
      }
    }),
    law('sends a replayed event if it would send it otherwise, with the same id and the same budget keys', () => {
      for (const event of allEvents())
        for (const settings of allSettings) {
          const [first, replayed] = [connector.map(event, settings), connector.map(event, settings, true)];
          if (!('payload' in first) || !('payload' in replayed)) {
            expect(replayed).toStrictEqual(first);
            continue;
          }
          if (JSON.stringify(first.payload).includes(event.id))
            expect(JSON.stringify(replayed.payload)).toContain(event.id);
          for (const budget of connector.rateLimit(settings).budgets)
            expect(budget.key(replayed.payload)).toBe(budget.key(first.payload));
        }
    }),
    ...lawsFor(
      Object.entries(examplesIn(subject.options.examples)),
      'maps the example exactly as written',
      (example) => {
        const settings = connector.settings.parse(example.settings);
        expect(JSON.parse(JSON.stringify(mapped(subject, example.event, settings)))).toStrictEqual(example.mapped);
      },
    ),
  ];
}

function routeOf(answer: MapResult<unknown>): string | undefined {
  return 'payload' in answer ? answer.route : undefined;
}

function answersAt(subject: Subject, now: Date, random: number, events: readonly CatalogueEvent[]): string[] {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now });
  const mocked = vi.spyOn(Math, 'random').mockReturnValue(random);
  try {
    return events.map((event) => JSON.stringify(subject.connector.map(event, subject.settings)));
  } finally {
    mocked.mockRestore();
    vi.useRealTimers();
  }
}

function inReverse(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, inReverse(member)] as const);
  return Object.fromEntries(entries.reverse());
}
