import { createHash, randomBytes } from 'node:crypto';
import { connect } from '@currents/core';
import { startFakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startProgram } from '../../src/hub/program.js';
import { startHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from '../endToEnd/database.js';
import { event, events } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { readDatabaseRows } from './databaseRows.js';
import { startReceiver } from './receiver.js';
import type { Release } from './release.js';

const keyOf = (project: string): string => createHash('md5').update(project).digest('hex');
const groups = ['behaviour', 'campaign', 'canvas', 'message', 'other'];
/** The retry window of the fixture's hub. */
const retryWindow = "interval '1 hour'";

/**
 * Runs a hub of this release through everything that the upgrade test looks for, and returns the rows that it leaves:
 * live, paused, blocked, draft and deleted Currents, pending events, dead letters of which one is split off and discarded,
 * quarantined events, a job, a replay under way, cohorts with a session that is not complete, a segment with a webhook, a
 * pull, valid and revoked tokens and keys, a warning, and Currents that a worker owned when it died.
 */
export async function fillHub(): Promise<Release> {
  const masterKey = randomBytes(32).toString('base64');
  const mixpanel = await startFakeMixpanel({
    projects: ['live', 'paused'].map((projectId) => ({ projectId, token: keyOf(projectId) })),
  });
  const amplitude = await startFakeAmplitude({
    projects: [{ projectId: 'live', apiKey: keyOf('live'), secretKey: keyOf('secret of live') }],
  });
  amplitude.control.setCohort(keyOf('live'), { id: 'pulled', name: 'Pulled', members: ['kim', 'lou'] });
  const receiver = await startReceiver();
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 2, name: 'test' });
  const hub = await startHub({
    databaseUrl: database.url,
    masterKey,
    environment: {
      API_PORT: '0',
      WORKER_PORT: '0',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
      RETRY_WINDOW_HOURS: '1',
    },
  });
  let [worker] = hub.workers;
  const restartWorker = async (whileStopped: () => Promise<unknown>): Promise<void> => {
    await worker?.stop();
    await whileStopped();
    worker = await startProgram('worker', { environment: hub.environment });
  };
  try {
    const adminToken = hub.adminToken ?? '';
    const { ask, createIngestToken, launchCurrent, counts } = createAdminClient(hub.api.url, adminToken);

    /** Runs a mutation whose payload has to come. `fields` are those of the payload. */
    async function mutate<Payload>(name: string, input: object, fields: string): Promise<Payload> {
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      const answer = await ask<Record<string, { readonly message?: string }>>(
        `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Payload { ${fields} } ... on Problem { message } } }`,
        { input },
      );
      if (answer[name]?.message !== undefined) throw new Error(`${name}: ${answer[name].message}`);
      return answer[name] as Payload;
    }
    const post = (path: string, body: unknown, authorization: string): Promise<Response> =>
      fetch(`${hub.api.url}${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const send = async (...sent: readonly unknown[]): Promise<void> => {
      const { status } = await post('/v1/events', { events: sent }, `Bearer ${ingestToken}`);
      if (status !== 200) throw new Error(`the events were answered with ${status}`);
    };
    const settled = (id: string) =>
      until(
        () => counts(id),
        ({ pending }) => pending === 0,
        60_000,
      );
    const reaches = (id: string, expected: string) =>
      until(
        () =>
          ask<{ current: { state: string } }>('query ($id: ID!) { current(id: $id) { ... on Current { state } } }', {
            id,
          }),
        ({ current }) => current.state === expected,
        60_000,
      );

    const ingestToken = await createIngestToken('platform');
    const revokedIngestToken = await createIngestToken('former platform');
    await mutate('revokeIngestToken', { id: 'tok_2', confirmName: 'former platform' }, 'ingestToken { id }');
    const createAdminToken = (name: string, role: string) =>
      mutate<{ token: string; adminToken: { id: string } }>(
        'createAdminToken',
        { name, role, expiresAt: '2100-01-01T00:00:00Z' },
        'token adminToken { id }',
      );
    await createAdminToken('dashboard', 'VIEWER');
    const revokedAdmin = await createAdminToken('former admin', 'ADMIN');
    const { id: revokedId } = revokedAdmin.adminToken;
    await mutate('revokeAdminToken', { id: revokedId, confirmId: revokedId }, 'adminToken { id }');

    const shared = { contactEmail: 'admin@example.com', selection: { groups } };
    const atMixpanel = (name: string, project: string) => ({
      ...shared,
      name,
      destination: 'mixpanel',
      settings: { region: 'us', baseUrl: mixpanel.url },
      credentials: { kind: 'projectToken', token: keyOf(project) },
    });
    const atAmplitude = (name: string, project: string) => ({
      ...shared,
      name,
      destination: 'amplitude',
      settings: { region: 'us', baseUrl: amplitude.url },
      credentials: { apiKey: keyOf(project), secretKey: keyOf(`secret of ${project}`) },
    });

    // Events that wait for valid credentials until the end of their retry window.
    const live = await launchCurrent(atMixpanel('Mixpanel live', 'unknown'), { skipTest: true });
    await send(...events(4));
    await reaches(live, 'BLOCKED');
    await restartWorker(async () => {
      await sql.unsafe(`update current set live_since = live_since - ${retryWindow}`);
      await sql.unsafe(`update delivery set stored_at = stored_at - ${retryWindow}, due_at = now()`);
    });
    await settled(live);
    const { credentials } = atMixpanel('', 'live');
    await mutate('updateCurrent', { id: live, confirmName: 'Mixpanel live', credentials }, 'current { id }');
    await reaches(live, 'LIVE');

    // Of the dead letters, which are one row, one is discarded, so that the row is split.
    const { deadLetters } = await ask<{ deadLetters: { nodes: readonly { id: string }[] } }>(
      'query ($id: ID!) { deadLetters(filter: { currentId: $id }) { nodes { id } } }',
      { id: live },
    );
    await mutate(
      'discardDeadLetters',
      {
        currentId: live,
        filter: { ids: deadLetters.nodes.slice(0, 1).map(({ id }) => id) },
        reason: 'a test',
        dryRun: false,
        confirmName: 'Mixpanel live',
      },
      'job { id }',
    );
    await until(
      () => sql`select from dead_letter where discarded_at is not null and split_from is not null`,
      ({ length }) => length === 1,
      60_000,
    );

    await mutate('checkLedger', { currentId: live }, 'job { id }');

    // One event that the partner refuses, and one that the catalogue refuses.
    const refusedId = event({ user: { user_id: '65a1f0c2d4e5f60718293a4b', external_user_id: 'anonymous' } });
    await send(...events(20), refusedId, event({ event_type: 'users.messages.pigeon.Send' }));
    await settled(live);

    const paused = await launchCurrent(atMixpanel('Mixpanel paused', 'paused'));
    const second = await launchCurrent(atAmplitude('Amplitude live', 'live'));
    const blocked = await launchCurrent(atAmplitude('Amplitude blocked', 'unknown'), { skipTest: true });
    await mutate('createCurrent', atMixpanel('Draft', 'live'), 'current { id }');
    const deleted = await launchCurrent(atMixpanel('Deleted', 'live'));
    await send(...events(10));
    for (const id of [live, paused, second, deleted]) await settled(id);
    await reaches(blocked, 'BLOCKED');
    await mutate('pauseCurrent', { id: paused }, 'current { id }');
    await mutate('deleteCurrent', { id: deleted, confirmName: 'Deleted' }, 'pendingCount');

    // A webhook that nothing receives, so that notices wait for it, and a mute.
    const { secret: noticeWebhookSecret } = await mutate<{ secret: string }>(
      'createNoticeWebhook',
      { url: 'http://127.0.0.1:1/notices' },
      'secret noticeWebhook { id }',
    );
    await mutate('sendTestNotice', {}, 'notice { id }');
    await mutate(
      'muteNotices',
      { currentId: paused, until: new Date(Date.now() + 300 * 86_400_000) },
      'noticeMute { id }',
    );
    await until(
      () => sql`select from notice_message where channel = 'webhook' and attempts > 0`,
      ({ length }) => length > 0,
      60_000,
    );

    await mutate('createImportPartner', { name: 'acme' }, 'importPartner { name }');
    const createKey = (name: string, partner: string) =>
      mutate<{ key: string; importKey: { id: string } }>('createImportKey', { name, partner }, 'key importKey { id }');
    const good = await createKey('good', 'mixpanel');
    const revoked = await createKey('revoked', 'mixpanel');
    const ending = await createKey('to be revoked', 'mixpanel');
    const acme = await createKey('acme', 'acme');
    await mutate('revokeImportKey', { id: revoked.importKey.id, confirmName: 'revoked' }, 'importKey { id }');
    const at = new Date(Date.now() + 7 * 86_400_000);
    await mutate('revokeImportKey', { id: ending.importKey.id, confirmName: 'to be revoked', at }, 'importKey { id }');

    /** Pushes members over Mixpanel's webhook. */
    const push = async (cohort: string, action: string, members: readonly string[], page = 1, pages = 1) => {
      const parameters = {
        mixpanel_project_id: '1',
        mixpanel_cohort_id: cohort.toLowerCase(),
        mixpanel_cohort_name: cohort,
        mixpanel_session_id: `${cohort} ${members.join()}`,
        page_info: { total_pages: pages, page_count: page },
        members: members.map((id) => ({ mixpanel_distinct_id: id })),
      };
      const basic = `Basic ${Buffer.from(`mixpanel:${good.key}`).toString('base64')}`;
      const { status } = await post('/partners/mixpanel/webhook', { action, parameters }, basic);
      if (status !== 200) throw new Error(`the push was answered with ${status}`);
    };
    const cohorts = () =>
      ask<{ cohorts: { nodes: readonly { id: string; name: string; memberCount: number }[] } }>(
        '{ cohorts { nodes { id name memberCount } } }',
      ).then(({ cohorts: { nodes } }) => nodes);
    const holds = async (name: string, members: number): Promise<string> => {
      const found = await until(
        async () => (await cohorts()).find((cohort) => cohort.name === name),
        (cohort) => cohort?.memberCount === members,
        60_000,
      );
      return found?.id ?? '';
    };
    await push('Buyers', 'members', ['ann', 'bob', 'cid', 'dora']);
    await push('Leavers', 'members', ['bob']);
    const buyers = await holds('Buyers', 4);
    const leavers = await holds('Leavers', 1);
    await push('Buyers', 'remove_members', ['cid']);
    await holds('Buyers', 3);
    // The second page never arrives.
    await push('Leavers', 'members', ['eve'], 1, 2);
    await post(
      '/partners/acme/cohorts',
      {
        partner_api_key: 'p',
        client_secret: acme.key,
        cohort_id: 'vip',
        name: 'Vip',
        created_at: '2026-01-21T19:20:30Z',
      },
      '',
    );
    await mutate('reportCohortSize', { id: buyers, memberCount: 3 }, 'cohort { id }');
    await mutate('updateCohort', { id: buyers, schedule: 'DAILY' }, 'cohort { id }');

    const { segment } = await mutate<{ segment: { id: string } }>(
      'createSegment',
      { name: 'Buyers who stay', definition: { all: [{ includes: buyers }, { excludes: leavers }] } },
      'segment { id }',
    );
    const { secret: webhookSecret } = await mutate<{ secret: string }>(
      'createSegmentWebhook',
      { segmentId: segment.id, url: receiver.url },
      'secret segmentWebhook { id }',
    );
    // The first evaluation records no changes.
    await until(
      () => ask<{ segments: { nodes: readonly { memberCount: number }[] } }>('{ segments { nodes { memberCount } } }'),
      ({ segments }) => segments.nodes[0]?.memberCount === 2,
      60_000,
    );
    const change = async (member: string): Promise<void> => {
      await push('Buyers', 'add_members', [member]);
      await until(
        () => sql<{ member: string }[]>`select member from segment_change`,
        (changes) => changes.some((each) => each.member === `e${member}`),
        60_000,
      );
    };
    await change('gus');
    await until(
      () => receiver.received.length,
      (requests) => requests > 0,
      60_000,
    );
    // A change that the receiver refuses until the end of the retry window, and one that is not sent yet.
    receiver.answerWith(503);
    await change('hal');
    await restartWorker(async () => {
      await sql.unsafe(`update segment_webhook set live_since = live_since - ${retryWindow}, deferral_until = now()`);
      await sql.unsafe(`update segment_change set at = at - ${retryWindow} where member = 'ehal'`);
    });
    await until(
      () => sql`select from segment_webhook_expiry`,
      ({ length }) => length === 1,
      60_000,
    );
    await change('ivy');

    const { cohortPull } = await mutate<{ cohortPull: { cohort: { id: string } } }>(
      'createCohortPull',
      { currentId: second, partnerId: 'pulled', schedule: 'DAILY' },
      'cohortPull { cohort { id } }',
    );
    await until(
      cohorts,
      (all) => all.some(({ id, memberCount }) => id === cohortPull.cohort.id && memberCount === 2),
      60_000,
    );

    // A Current with a warning, and a worker that dies while it owns Currents.
    amplitude.control.setProfile({ gzip: 'reject415' });
    await mutate(
      'updateCurrent',
      { id: second, confirmName: 'Amplitude live', settings: { gzip: true } },
      'current { id }',
    );
    await send(...events(3));
    for (const id of [live, second]) await settled(id);
    await until(
      () => sql`select from current_warning`,
      ({ length }) => length === 1,
      60_000,
    );
    await worker?.kill();
    await send(...events(5));
    await send(...events(10));
    // A replay whose deliveries are all made, and wait for a worker.
    await mutate(
      'replayEvents',
      { currentId: live, filter: { outcomes: ['DELIVERED'] }, dryRun: false, confirmName: 'Mixpanel live' },
      'job { id }',
    );
    await until(
      () => sql`select from job where operation = 'replay_events' and not progress ? 'after'`,
      ({ length }) => length === 1,
      60_000,
    );
    await hub.stop();
    return {
      secrets: {
        masterKey,
        adminToken,
        revokedAdminToken: revokedAdmin.token,
        ingestToken,
        revokedIngestToken,
        importKey: good.key,
        revokedImportKey: revoked.key,
        webhookSecret,
        noticeWebhookSecret,
        urls: { mixpanel: mixpanel.url, amplitude: amplitude.url, receiver: receiver.url },
      },
      ...(await readDatabaseRows(sql)),
    };
  } finally {
    await worker?.stop();
    await hub.stop();
    await sql.end();
    await database.drop();
    await Promise.all([mixpanel.close(), amplitude.close(), receiver.close()]);
  }
}
