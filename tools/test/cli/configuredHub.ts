import { createHash, randomBytes } from 'node:crypto';
import { startFakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from '../endToEnd/database.js';
import { event } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';

const keyOf = (name: string): string => createHash('md5').update(name).digest('hex');

/** The credentials of the Currents below, as the references of an export name them. */
export const secrets = {
  APPS_TO_AMPLITUDE_API_KEY: keyOf('amplitude'),
  APPS_TO_AMPLITUDE_SECRET_KEY: keyOf('amplitude secret'),
  CURRENTS_READERS_REST_API_KEY: keyOf('braze'),
  LATER_API_KEY: keyOf('later'),
  MAIL_TO_MIXPANEL_PROJECT_ID: '77',
  MAIL_TO_MIXPANEL_SECRET: keyOf('mixpanel secret'),
  MAIL_TO_MIXPANEL_USERNAME: 'hub.account',
  REFUSED_TOKEN: keyOf('mixpanel'),
};

/** Strict fakes of both partners, and hubs that reach them. */
export async function openHubs() {
  const mixpanel = await startFakeMixpanel({
    projects: [
      {
        projectId: '77',
        token: keyOf('mixpanel'),
        serviceAccounts: [{ user: 'hub.account', secret: secrets.MAIL_TO_MIXPANEL_SECRET, role: 'admin' }],
      },
    ],
  });
  const amplitude = await startFakeAmplitude({
    projects: [
      {
        projectId: 'one',
        apiKey: secrets.APPS_TO_AMPLITUDE_API_KEY,
        secretKey: secrets.APPS_TO_AMPLITUDE_SECRET_KEY,
        limits: { cohortFiles: 500 },
      },
    ],
  });
  mixpanel.control.setCohort('77', { id: 12, name: 'Buyers', members: [{ distinctId: 'ann' }] });
  amplitude.control.setCohort(secrets.APPS_TO_AMPLITUDE_API_KEY, { id: '7khm89cz', name: 'Readers', members: ['ann'] });
  const ends: (() => Promise<unknown>)[] = [];
  return {
    baseUrls: { mixpanel: mixpanel.url, amplitude: amplitude.url },
    /** A hub on an empty database. */
    async start(workers: number): Promise<RunningHub> {
      const database = await createTestDatabase();
      const hub = await startHub({
        databaseUrl: database.url,
        masterKey: randomBytes(32).toString('base64'),
        workers,
        environment: {
          API_PORT: '0',
          WORKER_PORT: '0',
          ALLOW_CUSTOM_BASE_URL: 'true',
          ALLOW_PRIVATE_ADDRESSES: 'true',
          REQUEST_TIMEOUT_SECONDS: '2',
        },
      });
      ends.push(async () => {
        await hub.stop();
        await database.drop();
      });
      return hub;
    },
    async close() {
      await Promise.all(ends.map((end) => end()));
      await Promise.all([mixpanel.close(), amplitude.close()]);
    },
  };
}

/** Makes something of every kind that a file may hold, in every state. */
export async function fillHub(hub: RunningHub, baseUrls: Readonly<Record<'mixpanel' | 'amplitude', string>>) {
  const client = createAdminClient(hub.api.url, hub.adminToken ?? '');
  const run = async <Payload>(name: string, fields: string, input: object): Promise<Payload> => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const query = `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { __typename ... on ${type}Payload { ${fields} } ... on Problem { message } }
    }`;
    return client.run<Payload & object>(query, { input }, `${type}Payload`);
  };
  const contactEmail = 'ana@example.com';
  const create = async (input: object): Promise<string> =>
    (await run<{ current: { id: string } }>('createCurrent', 'current { id }', { contactEmail, ...input })).current.id;
  const launch = (id: string, more = {}) => run('launchCurrent', '__typename', { id, ...more });

  const mail = await create({
    name: 'Mail to Mixpanel',
    destination: 'mixpanel',
    settings: { region: 'eu', baseUrl: baseUrls.mixpanel, eventNames: { 'users.messages.email.Open': 'Mail opened' } },
    credentials: {
      kind: 'serviceAccount',
      username: 'hub.account',
      secret: secrets.MAIL_TO_MIXPANEL_SECRET,
      projectId: '77',
    },
    selection: { channels: ['message/sms', 'message/email'], eventTypes: ['users.behaviors.CustomEvent'] },
    lingerMs: 0,
    fieldRules: {
      isWithoutContactDetails: true,
      rules: [
        { drop: { fields: ['ad_id', 'properties.custom_properties.plan'] } },
        { hash: { fields: ['user.external_user_id'] } },
        { truncate: { fields: ['title'], maxLength: 20 } },
        { rename: { field: 'campaign_name', to: 'campaign' } },
        { constant: { name: 'source', value: 'hub' } },
        { constant: { name: 'is_test', value: false } },
        { filter: { field: 'app_id', values: ['a', 'b: "c"'], isInverted: true } },
        { filter: { field: 'dispatch_id' } },
      ],
    },
  });
  await launch(mail);
  const apps = await create({
    name: 'Apps to Amplitude',
    destination: 'amplitude',
    settings: { region: 'us', baseUrl: baseUrls.amplitude, endpoint: 'httpapi', eventsPerSecondPerKey: 40 },
    credentials: { apiKey: secrets.APPS_TO_AMPLITUDE_API_KEY, secretKey: secrets.APPS_TO_AMPLITUDE_SECRET_KEY },
    selection: { groups: ['message'] },
  });
  await launch(apps, { isPaused: true });
  const draft = { destination: 'amplitude', settings: { region: 'us' }, selection: { groups: ['message'] } };
  await create({ ...draft, name: 'Later', credentials: { apiKey: secrets.LATER_API_KEY } });
  await create({ ...draft, name: '5 without credentials: "é"' });
  const refused = await create({
    name: 'Refused',
    destination: 'mixpanel',
    settings: { region: 'us', baseUrl: baseUrls.mixpanel },
    credentials: { kind: 'projectToken', token: keyOf('another project') },
    selection: { groups: ['message'] },
  });
  await launch(refused, { skipTest: true });

  await run('createImportPartner', '__typename', { name: 'crm' });
  const makeKey = (partner: string, name: string) =>
    run<{ key: string; importKey: { id: string } }>('createImportKey', 'key importKey { id }', { partner, name });
  const { key, importKey } = await makeKey('crm', 'main');
  await run('revokeImportKey', '__typename', {
    id: importKey.id,
    confirmName: 'main',
    at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  });
  await makeKey('crm', 'main');
  await makeKey('mixpanel', 'sync');
  const push = await fetch(`${hub.api.url}/partners/crm/cohorts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ partner_api_key: 'x', client_secret: key, cohort_id: 'vip/eu', name: 'VIP: Europe' },
      created_at: '2026-01-21T19:20:30Z',
    }),
  });
  if (push.status !== 201) throw new Error(`the push was answered with ${push.status}: ${await push.text()}`);

  const pull = async (currentId: string, partnerId: string, schedule: string): Promise<string> =>
    (
      await run<{ cohortPull: { cohort: { id: string } } }>('createCohortPull', 'cohortPull { cohort { id } }', {
        ...{ currentId, partnerId, schedule },
      })
    ).cohortPull.cohort.id;
  const buyers = await pull(mail, '12', 'HOURLY');
  const readers = await pull(apps, '7khm89cz', 'DAILY');
  await run('updateCohort', '__typename', { id: readers, schedule: null });
  const { cohorts } = await client.ask<{ cohorts: { nodes: readonly { id: string }[] } }>(
    '{ cohorts(filter: { partner: "crm" }) { nodes { id } } }',
  );
  const vip = cohorts.nodes[0]?.id;

  const makeSegment = async (name: string, definition: object): Promise<string> =>
    (await run<{ segment: { id: string } }>('createSegment', 'segment { id }', { name, definition })).segment.id;
  const segment = await makeSegment('Buyers who read', {
    all: [{ includes: buyers }, { any: [{ includes: readers }, { not: { excludes: vip } }] }],
  });
  await makeSegment('anyone at all', { includes: vip });
  for (const isPaused of [false, true]) {
    const made = await run<{ segmentWebhook: { id: string } }>('createSegmentWebhook', 'segmentWebhook { id }', {
      segmentId: segment,
      url: 'http://127.0.0.1:9/segments',
    });
    if (isPaused) await run('pauseSegmentWebhook', '__typename', { id: made.segmentWebhook.id });
  }

  await run('createSegmentSync', '__typename', {
    ...{ segmentId: segment, destination: 'braze' },
    settings: { restEndpoint: 'https://rest.fra-01.braze.eu', attribute: 'currents_readers', requestsPerSecond: 20 },
    credentials: { restApiKey: secrets.CURRENTS_READERS_REST_API_KEY },
  });
  await run('createNoticeWebhook', '__typename', { url: 'http://127.0.0.1:9/notices' });

  const token = await client.createIngestToken('braze');
  await run('createIngestToken', '__typename', { name: 'Tests', eventsPerSecond: 50, bytesPerSecond: 0 });
  const gone = await run<{ ingestToken: { id: string } }>('createIngestToken', 'ingestToken { id }', { name: 'gone' });
  await run('revokeIngestToken', '__typename', { id: gone.ingestToken.id, confirmName: 'gone' });

  await post(hub, token, [event()]);
  await until(
    () => client.ask<{ current: { state: string } }>(`{ current(id: "${refused}") { ... on Current { state } } }`),
    ({ current }) => current.state === 'BLOCKED',
    30_000,
  );
}

/** Posts events, and returns the status of the answer. */
export async function post(hub: RunningHub, token: string, events: readonly unknown[]): Promise<number> {
  const response = await fetch(`${hub.api.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  return response.status;
}
