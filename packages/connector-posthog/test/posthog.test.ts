import { awkwardAnswers, itemsOf, scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { posthog } from '@currents/connector-posthog';
import { catalogue, sampleOf, type CatalogueEvent } from '@currents/schema';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const settings = posthog.settings.parse({ region: 'us' });
const credentials = { projectToken: 'phc_4f8a1c0e97d24b36' };
const open = sampleOf('users.messages.email.Open');

function payloadOf(event: CatalogueEvent, given: object = {}, isReplay = false) {
  const mapped = posthog.map(event, posthog.settings.parse({ region: 'us', ...given }), isReplay);
  if (!('payload' in mapped)) throw new Error(JSON.stringify(mapped));
  return mapped.payload;
}

describe('ids that PostHog takes for no user', () => {
  const listed = ['anonymous', 'guest', 'distinct_id', 'not_authenticated', 'email', 'undefined', 'NaN', 'None', '0'];
  const more = ['[object Object]', "'null'", '"guest"', ' user ', 'BACKEND', 'anonymous-user'];
  it.each([...listed, ...more])('%s is refused', (id) => {
    expect(posthog.map({ ...open, user: { external_user_id: id } }, settings)).toMatchObject({
      reject: 'distinct_id_not_allowed',
    });
  });
  it.each(['user-1', 'guest 7', 'x'.repeat(200), 'null-island', '\u00fcser'])('%s is one', (id) => {
    expect(payloadOf({ ...open, user: { external_user_id: id } }).distinct_id).toBe(id);
  });
});

describe('ids of events', () => {
  it('are sent as they are if they are UUIDs, and as a UUID version 5 otherwise', () => {
    expect(payloadOf(open).uuid).toBe(open.id);
    const { uuid } = payloadOf({ ...open, id: 'order-2026/0042' });
    // Made by another implementation: python3 -c "import uuid; print(uuid.uuid5(uuid.UUID('5b0c7d3e9a414f6c8e2d7146f0b39ac8'), 'order-2026/0042'))"
    expect(uuid).toBe('001cd4e6-8e66-507b-a69b-57ff8bd2ac31');
  });
});

describe('properties', () => {
  it('are set on the person only where the Current asks, and never by a replay', () => {
    const given = { personProperties: ['email_address', 'not there'] };
    expect(payloadOf(open)).not.toHaveProperty('$set');
    expect(payloadOf(open, given).$set).toEqual({ email_address: open.properties['email_address'] });
    expect(payloadOf(open, given, true)).not.toHaveProperty('$set');
    expect(payloadOf(open, given, true)).toEqual(payloadOf(open));
  });

  it('that PostHog would take for something else are left out', () => {
    const properties = { $set: { a: 1 }, $groups: { b: 2 }, distinct_id: 'x', token: 'y', kept: 1, nothing: null };
    const sent = JSON.parse(JSON.stringify(payloadOf({ ...open, properties }).properties));
    expect(sent).toEqual({
      $lib: 'currents',
      $geoip_disable: true,
      $process_person_profile: true,
      device_id: open.user.device_id,
      kept: 1,
    });
  });
});

it('a request says whether its events are old, and not when it was sent', async () => {
  for (const historicalMigration of [false, true]) {
    const http = scriptedHttp(textAnswer(200, '{"status":"Ok"}'));
    const chosen = posthog.settings.parse({ region: 'eu', historicalMigration });
    await posthog.send(itemsOf(posthog, chosen, 2), { settings: chosen, credentials, http });
    expect(http.requests[0]?.url).toBe('https://eu.i.posthog.com/batch');
    const body = JSON.parse(http.requests[0]?.body ?? '');
    expect(Object.keys(body)).toEqual(['api_key', 'historical_migration', 'batch']);
    expect(body).toMatchObject({ api_key: credentials.projectToken, historical_migration: historicalMigration });
  }
});

it('quotes PostHog’s plain words, and no page of a proxy', async () => {
  const detailOf = async (answer: ReturnType<typeof textAnswer>) => {
    const http = scriptedHttp(answer);
    const [result] = await posthog.send(itemsOf(posthog, settings, 1), { settings, credentials, http });
    return result && 'detail' in result ? result.detail : '';
  };
  expect(await detailOf(textAnswer(400, 'event submitted without a distinct_id'))).toBe(
    'HTTP 400: event submitted without a distinct_id',
  );
  const inJson = '{"type":"validation_error","detail":"no such event"}';
  expect(await detailOf(textAnswer(400, inJson))).toBe('HTTP 400: no such event');
  expect(await detailOf(textAnswer(502, '\n<html>Bad Gateway</html>'))).toBe('HTTP 502');
});

it('takes no page of a proxy for PostHog’s answer to a test', async () => {
  const page = '<html><body>Your request was blocked, to prevent abuse. Report the event 7f3a.</body></html>';
  const http = scriptedHttp(textAnswer(400, page));
  expect(await posthog.test({ settings, credentials, http })).toEqual({
    outcome: 'unreachable',
    code: 'bad_request',
    detail: 'HTTP 400',
  });
});

it('accepts every type that Braze sends to analytics, under its title', () => {
  const sent = catalogue.filter(({ group }) => group !== 'other');
  expect(sent).toHaveLength(94);
  for (const { name, title, hasOwnName } of catalogue) {
    const expected = sent.some((type) => type.name === name)
      ? hasOwnName
        ? '[Braze Custom Event] '
        : title
      : undefined;
    expect(posthog.nameOf(name), name).toBe(expected);
  }
});

describe('the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const fieldsOf = (schema: z.ZodType): string[] =>
    Object.keys(z.toJSONSchema(schema, { io: 'input' }).properties ?? {});

  it.each([...fieldsOf(posthog.settings), ...fieldsOf(posthog.credentials), ...Object.keys(posthog.reasons)])(
    'explains %s',
    (name) => expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm')),
  );

  it('explains every code of an answer', async () => {
    const codes = new Set<string>();
    for (const answer of Object.values(awkwardAnswers)) {
      const http = scriptedHttp(answer);
      for (const result of await posthog.send(itemsOf(posthog, settings), { settings, credentials, http }))
        if ('code' in result) codes.add(result.code);
    }
    expect(codes.size).toBeGreaterThan(12);
    for (const code of codes) expect(readme).toContain(`\`${code.replace(/^http_\d+$/, 'http_<status>')}\``);
  });
});
