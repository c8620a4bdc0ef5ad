import { catalogue, sampleOf } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { expect, vi } from 'vitest';
import { allEvents } from './awkwardEvents.js';
import { examplesIn } from './examples.js';
import { deepFreeze } from './freeze.js';
import type { Law } from './law.js';
import { mapped, payloadOf } from './subject.js';
import type { Subject } from './subject.js';

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

export function mapLaws(subject: Subject): Law[] {
  const { connector } = subject;
  return [
    {
      name: '4. map is pure: clock, randomness and earlier calls change nothing',
      prove() {
        const events = allEvents();
        const forwards = answersAt(subject, new Date('2001-09-09T01:46:40Z'), 0.1, events);
        const backwards = answersAt(subject, new Date('2040-01-01T00:00:00Z'), 0.9, events.toReversed());
        expect(backwards.toReversed()).toStrictEqual(forwards);
      },
    },
    {
      name: 'writes neither to the event nor to the settings',
      prove() {
        for (const event of allEvents()) {
          deepFreeze(event);
          for (const settings of subject.allSettings) expect(() => connector.map(event, settings)).not.toThrow();
        }
      },
    },
    {
      name: 'does not depend on the order in which the settings were written',
      prove() {
        subject.options.settings.valid.forEach((value, index) => {
          const settings = connector.settings.parse(inReverse(value));
          for (const event of allEvents()) {
            expect(connector.map(event, settings)).toStrictEqual(connector.map(event, subject.allSettings[index]));
          }
        });
      },
    },
    {
      name: 'gives no reason that is not listed, and every listed reason is a word with a sentence',
      prove() {
        for (const event of allEvents()) for (const settings of subject.allSettings) mapped(subject, event, settings);
        for (const [reason, sentence] of Object.entries(connector.reasons)) {
          expect(reason).toMatch(SNAKE_CASE);
          expect(sentence).toMatch(/\S \S/);
        }
      },
    },
    {
      name: 'makes a payload of every event type that has a name here, and none is too large',
      prove() {
        expect(subject.named.length, 'event types with a name').toBeGreaterThan(0);
        for (const settings of subject.allSettings) {
          const { maxEventBytes: eventBytes } = connector.rateLimit(settings);
          for (const type of subject.named) {
            const json = JSON.stringify(payloadOf(subject, sampleOf(type.name), settings));
            expect(Buffer.byteLength(json), type.name).toBeLessThanOrEqual(eventBytes);
          }
        }
      },
    },
    {
      name: 'makes no payload of an event type that has no name here',
      prove() {
        const known = catalogue.map((type) => type.name).filter((name) => connector.nameOf(name) === undefined);
        for (const name of [...known, 'users.nothing.Known', 'constructor', '__proto__']) {
          const event: CatalogueEvent = { ...sampleOf('users.messages.email.Open'), event_type: name };
          expect(connector.nameOf(name), name).toBeUndefined();
          expect(mapped(subject, event), name).not.toHaveProperty('payload');
        }
      },
    },
    {
      name: 'puts the id of the event into its payload, and tells events apart that differ in nothing else',
      prove() {
        for (const type of subject.named) {
          const sample = sampleOf(type.name);
          expect(JSON.stringify(payloadOf(subject, sample)), type.name).toContain(sample.id);
          const payloads = [sample.id, `${sample.id}:1`, `${sample.id}:2`, 'é'.repeat(40), 'é'.repeat(41)].map((id) =>
            JSON.stringify(payloadOf(subject, { ...sample, id })),
          );
          expect(new Set(payloads).size, type.name).toBe(payloads.length);
        }
      },
    },
    ...[...examplesIn(subject.options.examples)].map(([name, example]) => ({
      name: `maps the example ${name} exactly as written`,
      prove() {
        const settings = connector.settings.parse(example.settings);
        expect(JSON.parse(JSON.stringify(mapped(subject, example.event, settings)))).toStrictEqual(example.mapped);
      },
    })),
  ];
}

function answersAt(subject: Subject, now: Date, dice: number, events: readonly CatalogueEvent[]): string[] {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now });
  const thrown = vi.spyOn(Math, 'random').mockReturnValue(dice);
  try {
    return events.map((event) => JSON.stringify(subject.connector.map(event, subject.settings)));
  } finally {
    thrown.mockRestore();
    vi.useRealTimers();
  }
}

function inReverse(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, inReverse(member)]),
  );
}
