import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { blocksOf } from '../readme/blocks.js';
import { event } from './events.js';
import { ledgerOf } from './ledger.js';
import { openTestEnvironment, tokenOf, type TestEnvironment } from './testEnvironment.js';
import { until } from './until.js';

/** Occurs in every value that a rule takes out, and in nothing else. */
const mark = 'MARK7';

let environment: TestEnvironment;
let hub: RunningHub;
let client: AdminClient;
let ingestToken: string;
/** Everything that api and worker have logged. */
const lines: string[] = [];
/** The body of every request to the partner, without compression. */
const bodies: string[] = [];

/** A partner that refuses the events of users who are called `refuse`, and repeats what it got. */
const partner = createServer((request, response) => {
  void readBody(request).then((body) => {
    bodies.push(`${request.url} ${JSON.stringify(request.headers)} ${body}`);
    const sent = JSON.parse(body) as readonly { readonly properties: Readonly<Record<string, unknown>> }[];
    const refused = sent.flatMap(({ properties }, index) =>
      properties['campaign_name'] === 'refuse'
        ? [{ index, insert_id: properties['$insert_id'], field: 'properties', message: JSON.stringify(properties) }]
        : [],
    );
    response.writeHead(refused.length > 0 ? 400 : 200, { 'content-type': 'application/json' });
    const counted = { num_records_imported: sent.length - refused.length, status: 'OK', code: 200 };
    response.end(
      JSON.stringify(refused.length > 0 ? { ...counted, code: 400, failed_records: refused, error: body } : counted),
    );
  });
});

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
}

beforeAll(async () => {
  await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
  environment = await openTestEnvironment({ projects: ['rules'], environment: { LOG_LEVEL: 'debug' } });
  hub = await startHub({
    databaseUrl: environment.environment.DATABASE_URL,
    masterKey: environment.environment.MASTER_KEY,
    environment: environment.environment,
    onLine: (_program, line) => void lines.push(line),
  });
  client = createAdminClient(hub.api.url, hub.adminToken ?? '');
  ingestToken = await client.createIngestToken('test');
});
afterAll(async () => {
  await hub?.stop();
  await environment?.close();
  await new Promise((resolve) => partner.close(resolve));
});

async function launch(name: string, fieldRules: object): Promise<string> {
  const { port } = partner.address() as AddressInfo;
  const input = {
    name,
    contactEmail: 'admin@example.org',
    destination: 'mixpanel',
    settings: { region: 'us', baseUrl: `http://127.0.0.1:${port}` },
    credentials: { kind: 'projectToken', token: tokenOf('rules') },
    selection: { groups: ['behaviour', 'message'] },
    fieldRules,
  };
  return client.launchCurrent(input, { skipTest: true });
}

async function post(events: readonly unknown[]): Promise<void> {
  const response = await fetch(`${hub.api.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ingestToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  expect(await response.json()).toMatchObject({ accepted: events.length });
}

const untilSettled = (current: string) =>
  until(
    () => ledgerOf(environment.sql, Number(current.slice(4))),
    ({ selected, pending }) => selected > 0 && pending === 0,
  );

const rules = {
  isWithoutContactDetails: true,
  rules: [
    { filter: { field: 'tier', values: ['internal'] } },
    { drop: { fields: ['secret*', 'properties.custom_properties.deep.inner', 'user.device_id'] } },
    { hash: { fields: ['user.external_user_id', 'loyalty_card'] } },
    { truncate: { fields: ['note'], maxLength: 3 } },
    { rename: { field: 'plan', to: 'tier_name' } },
    { constant: { name: 'sent_by', value: 'hub' } },
  ],
};

/** What an admin can ask about the deliveries of a Current, all of it but the event as it is stored. */
const question = `query ($id: ID!, $event: String!) {
  current(id: $id) { ... on Current {
    name block { code detail } deferral { code detail } warnings { code message } counts { delivered rejected skipped skippedReasons { code eventCount } }
    throttledKeys(first: 50) { nodes { key } } keysNearQuota(first: 50) { nodes { key } } } }
  deadLetters(first: 50, filter: { currentId: $id }) { nodes { eventId code detail event } }
  skippedEvents(first: 50, filter: { currentId: $id }) { nodes { eventId reason { code } } }
  event(eventId: $event) { ... on StoredEvent { deliveries { status code detail deadLetter { code detail event } } } }
  auditLog(first: 50) { nodes { action arguments } }
  notices(first: 50) { nodes { __typename } }
  jobs(first: 50) { nodes { operation } }
  previewEvent(input: { currentId: $id }, source: { eventId: $event }) { ... on EventPreview { verdict request { body } } }
  previewSelection(input: { currentId: $id }) { ... on SelectionPreview { examples { eventTypeName reason { code } request { body } } } }
}`;

interface Answer {
  readonly previewEvent: { readonly request: { readonly body: string } };
  readonly deadLetters: { readonly nodes: readonly { readonly event: Readonly<Record<string, object>> }[] };
}

it('no value that a rule takes out is sent, logged, stored beside the event, or answered', async () => {
  const current = await launch('rules', rules);
  const user = { external_user_id: `${mark}-ana`, device_id: `${mark}-device` };
  const custom = {
    plan: 'gold',
    secret_code: `${mark}-1`,
    deep: { inner: `${mark}-2`, kept: true, list: [{ secret: `${mark}-3` }] },
    loyalty_card: [`${mark}-4`],
    note: `abc${mark}`,
    contact: `write to ${mark}@example.com`,
    numbers: [`+44 20 7946 0958 ${mark}`],
  };
  const customEvent = (name: string, more: object = {}) =>
    event({
      event_type: 'users.behaviors.CustomEvent',
      user,
      properties: { name, campaign_name: name, custom_properties: { ...custom, ...more } },
    });
  const refused = customEvent('refuse');
  const email = event({ user, properties: { email_address: `${mark}@example.com`, secret: { a: mark } } });
  await post([customEvent('good'), refused, customEvent('good', { tier: 'internal' }), email]);
  expect(await untilSettled(current)).toMatchObject({ delivered: 2, rejected: 1, skipped: 1 });

  expect(bodies.join('\n')).not.toContain(mark);
  expect(bodies.join('\n')).toContain('"sent_by":"hub"');
  expect(lines.join('\n')).not.toContain(mark);
  const answer = await client.ask<Answer>(question, { id: current, event: refused.id });
  expect(JSON.stringify(answer)).not.toContain(mark);
  expect(answer.previewEvent.request.body).toContain('tier_name');
  const shown = answer.deadLetters.nodes[0]?.event['properties'] as Record<string, Record<string, unknown>>;
  expect(shown['custom_properties']).toEqual({
    deep: { kept: true, list: [{}] },
    loyalty_card: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    note: 'abc',
    numbers: [],
    tier_name: 'gold',
  });
  expect(JSON.stringify(await environment.sql`select * from dead_letter`)).not.toContain(mark);
  expect(JSON.stringify(await environment.sql`select * from audit_entry`)).not.toContain(mark);
});

it('the events of a user whose id is hashed have one hash, in the order in which they came', async () => {
  bodies.length = 0;
  const current = await launch('hashed', { rules: [{ hash: { fields: ['user.external_user_id'] } }] });
  const sent = Array.from({ length: 20 }, (_, n) =>
    event({ user: { external_user_id: `${mark}-bo` }, properties: { campaign_name: `c${n}` } }),
  );
  for (const each of sent) await post([each]);
  await untilSettled(current);
  const records = bodies
    .flatMap((body) => JSON.parse(body.slice(body.indexOf('[{'))) as { properties: Record<string, unknown> }[])
    .filter(({ properties }) => !('sent_by' in properties));
  expect(records.map(({ properties }) => properties['campaign_name'])).toEqual(sent.map((_, n) => `c${n}`));
  const ids = new Set(records.map(({ properties }) => properties['distinct_id']));
  expect([...ids]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
});

it('rules can be read, replaced and undone, and what is wrong with them is said', async () => {
  const id = await launch('changed', rules);
  const shown = `fieldRules { isWithoutContactDetails rules { drop { fields } hash { fields } truncate { fields maxLength } allowOnly { fields }
    rename { field to } constant { name value } filter { field values isInverted } } }`;
  const update = (fieldRules: unknown) =>
    client.ask<{ updateCurrent: Readonly<Record<string, unknown>> }>(
      `mutation ($input: UpdateCurrentInput!) { updateCurrent(input: $input) { __typename
        ... on UpdateCurrentPayload { current { ${shown} } before { ${shown} } } ... on InputInvalid { problems { path message } } } }`,
      { input: { id, fieldRules } },
    );
  const { updateCurrent: cleared } = await update(null);
  expect(cleared).toMatchObject({
    current: { fieldRules: { isWithoutContactDetails: false, rules: [] } },
    before: { fieldRules: { isWithoutContactDetails: true, rules: rules.rules } },
  });
  const { updateCurrent: refused } = await update({ rules: [{ drop: { fields: ['custom.x'] } }] });
  expect(refused).toMatchObject({
    __typename: 'InputInvalid',
    problems: [
      { path: ['fieldRules', 'rules', '0', 'drop', 'fields', '0'], message: expect.stringContaining('custom.x') },
    ],
  });
});

it('the example of the documentation does what it says', async () => {
  const page = readFileSync(`${import.meta.dirname}/../../../docs/field-rules.md`, 'utf8');
  const [mutation, given, sent] = blocksOf(page).map(({ text }) => text) as [string, string, string];
  const current = await launch('documented', {});
  expect(await client.ask(mutation.replace('cur_1', current))).toEqual({
    updateCurrent: { __typename: 'UpdateCurrentPayload' },
  });
  bodies.length = 0;
  await post([JSON.parse(given)]);
  await untilSettled(current);
  const expected = JSON.parse(sent, (_key, value: unknown) =>
    value === '<hash>' ? expect.stringMatching(/^[0-9a-f]{64}$/) : value,
  ) as object;
  const records = bodies.flatMap(
    (body) => JSON.parse(body.slice(body.indexOf('[{'))) as { properties: Record<string, unknown> }[],
  );
  const own = ['time', '$insert_id', '$partner_id', 'ip', 'mp_lib'];
  const properties = records.map((record) =>
    Object.fromEntries(Object.entries(record.properties).filter(([name]) => !own.includes(name))),
  );
  expect(properties).toContainEqual(expected);
});
