import { createEventNaming, eventNamesSetting } from '@currents/connector';
import type { Connector } from '@currents/connector';
import { describeConnector, jsonAnswer } from '@currents/connector/conformance';
import { catalogue, sampleOf } from '@currents/schema';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { logbook } from './toy/logbook.js';

const names = Object.fromEntries(catalogue.map(({ name, title, hasOwnName }) => [name, hasOwnName ? 'lb ' : title]));
const naming = createEventNaming(names);
const settings = z.strictObject({
  host: z.hostname().describe('The host.'),
  eventNames: eventNamesSetting('Diary', names, z.string().min(1)),
});
type Settings = z.infer<typeof settings>;

/** A destination that accepts every event type of the catalogue, under its own names. */
const diary: Connector<Settings, { readonly token: string }, { readonly what: string }> = {
  ...logbook,
  name: 'diary',
  label: 'Diary',
  settings,
  origins: () => ['https://logbook.example.com'],
  nameOf: naming.nameOf,
  map(event, { eventNames }) {
    const user = { external_user_id: 'reader-7', ...event.user };
    const email = { ...event, user, event_type: 'users.messages.email.Open' };
    const mapped = logbook.map(email, { host: '' });
    if (!('payload' in mapped)) return mapped;
    const what = naming.nameFor(event, eventNames);
    return what === undefined ? { skip: 'not_a_message' } : { payload: { ...mapped.payload, what } };
  },
};

it.each(catalogue.map(({ name }) => name))('a destination with its own table of names accepts %s', (type) => {
  const event = sampleOf(type);
  const what = type === 'users.behaviors.CustomEvent' ? `lb ${String(event.properties['name'])}` : names[type];
  expect(diary.map(event, settings.parse({ host: 'diary.example.com' }))).toMatchObject({ payload: { what } });
});

it.each([
  ['users.nothing.Known', 'is not an event type of the catalogue'],
  ['users_canvas_abort', 'is not an event type of the catalogue'],
  ['users.behaviors.CustomEvent', 'cannot be renamed'],
])('%s cannot be renamed: it %s', (type, complaint) => {
  const parsed = settings.safeParse({ host: 'diary.example.com', eventNames: { [type]: 'Renamed' } });
  expect(parsed.error?.issues.map(({ message }) => message).join()).toContain(complaint);
});

it('an event type that the destination does not accept cannot be renamed', () => {
  const parser = eventNamesSetting('Diary', { 'users.messages.email.Open': 'Open' }, z.string());
  const parsed = parser.safeParse({ 'users.messages.email.Send': 'Sent' });
  expect(parsed.error?.issues).toMatchObject([{ message: '"users.messages.email.Send" is not sent to Diary' }]);
});

describeConnector({
  connector: diary,
  examples: new URL('./toy/examples/', import.meta.url),
  settings: {
    valid: [
      { host: 'logbook.example.com' },
      { host: 'logbook.example.com', eventNames: { 'users.messages.sms.Send': 'Texted' } },
    ],
    invalid: [{ field: 'eventNames', value: { host: 'a.example', eventNames: { 'users.messages.sms.Send': '' } } }],
  },
  credentials: {
    valid: [{ token: 'lb_4f8a1c0e97d24b36' }],
    invalid: [{ field: 'token', value: {} }],
    secrets: ['token'],
  },
  answers: [{ name: '200', answer: jsonAnswer(200, { kept: 3 }), then: 'delivered' }],
  test: { passed: jsonAnswer(200, { kept: 0 }), refused: jsonAnswer(401, { problem: 'unknown token' }) },
});
