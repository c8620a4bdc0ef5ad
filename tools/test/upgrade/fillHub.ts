import { createHash, randomBytes } from 'node:crypto';
import { connect } from '@currents/core';
import { startFakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { startFakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';
import { startProgram } from '../../src/hub/program.js';
import { startHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from '../endToEnd/database.js';
import { event, events } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { readDatabaseRows } from './databaseRows.js';
import { leaveJobsHalfDone } from './leaveJobsHalfDone.js';
import { startReceiver } from './receiver.js';
import type { Release } from './release.js';

const keyOf = (project: string): string => createHash('md5').update(project).digest('hex');
const groups = ['behaviour', 'campaign', 'canvas', 'message', 'other'];
/** Is sent with an `Idempotency-Key`, so that its answer is kept. */
const repeatedMutation =
  'mutation { createIngestToken(input: { name: "repeated" }) { ... on CreateIngestTokenPayload { token } } }';
/** The retry window of the fixture's hub. */
const retryWindow = "interval '1 hour'";

/**
 * Runs a hub of this release through everything that the upgrade test looks for, and returns the rows that it leaves:
 * live, paused, blocked, draft and deleted Currents, one of them with field rules, pending events, dead letters of which one is split off and discarded,
 * quarantined events, jobs of every kind that are half done, a replay under way, cohorts with a session that is not
 * complete, a segment with a webhook whose secret was just replaced, and a sync whose worker died amid a request, a pull, valid and revoked tokens and keys, staged and former credentials, a session of
 * the console, a deleted user, a ledger that differed, counts, the index of events, notices that failed, a warning, and
 * Currents that a worker owned when it died.
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
  const braze = await startFakeBraze({
    projects: [{ workspaceId: 'live', keys: [keyOf('braze')], blockedUsers: ['hal'] }],
  });
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
    const post = (path: string, body: unknown, authorization: string, headers = {}): Promise<Response> =>
      fetch(`${hub.api.url}${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', ...headers },
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
    const sentOnce = { key: 'a-repeated-request', query: repeatedMutation };
    const firstAnswer = await post('/graphql', { query: sentOnce.query }, `Bearer ${adminToken}`, {
      'idempotency-key': sentOnce.key,
    });
    const repeated = { ...sentOnce, answer: await firstAnswer.text() };
    const signIn = await fetch(`${hub.api.url}/console/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const consoleCookie = signIn.headers.getSetCookie()[0]?.split(';')[0];
    if (consoleCookie === undefined) throw new Error(`the console answered ${signIn.status}`);

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
    const skipped = event({ time: 1_000_000_000 });
    const ofDeletedUser = event({ user: { external_user_id: 'a-deleted-user' } });
    await send(...events(20), refusedId, skipped, ofDeletedUser, event({ event_type: 'users.messages.pigeon.Send' }));
    await settled(live);

    const paused = await launchCurrent(atMixpanel('Mixpanel paused', 'paused'));
    const fieldRules = { isWithoutContactDetails: true, rules: [{ drop: { fields: ['properties.campaign_name'] } }] };
    const second = await launchCurrent({ ...atAmplitude('Amplitude live', 'live'), fieldRules });
    const blocked = await launchCurrent(atAmplitude('Amplitude blocked', 'unknown'), { skipTest: true });
    await mutate('createCurrent', atMixpanel('Draft', 'live'), 'current { id }');
    const deleted = await launchCurrent(atMixpanel('Deleted', 'live'));
    await send(...events(10));
    for (const id of [live, paused, second, deleted]) await settled(id);
    await reaches(blocked, 'BLOCKED');
    await mutate('pauseCurrent', { id: paused }, 'current { id }');
    await mutate('deleteCurrent', { id: deleted, confirmName: 'Deleted' }, 'pendingCount');

    // New credentials that are staged, and former ones that can be returned to.
    await mutate('stageCredentials', { id: live, credentials: atMixpanel('', 'paused').credentials }, 'current { id }');
    await mutate('stageCredentials', { id: paused, credentials }, 'current { id }');
    await mutate('promoteStagedCredentials', { id: paused }, 'current { id }');

    // A ledger that differs until the next check.
    const tallyPaused = (more: number) => sql`
      update tally set events = events + ${more}::int where current_id = ${databaseKey(paused)} and outcome = 'delivered'`;
    await tallyPaused(1);
    await sql`update ledger_scan set due_at = now()`;
    await until(
      () => sql`select from ledger_difference`,
      ({ length }) => length > 0,
      60_000,
    );
    await tallyPaused(-1);

    // Fingerprints of events are merged into a block once they are a minute old.
    await sql`update unmerged_fingerprints set stored_at = stored_at - interval '61 seconds'`;
    await until(
      () => sql`select from fingerprint_block`,
      ({ length }) => length > 0,
      60_000,
    );

    // A webhook that nothing receives, so that notices wait for it, one that is deleted before it receives any, and a mute.
    const removedUrl = 'http://127.0.0.1:1/removed';
    const { noticeWebhook: removed } = await mutate<{ noticeWebhook: { id: string } }>(
      'createNoticeWebhook',
      { url: removedUrl },
      'noticeWebhook { id }',
    );
    const noticesUrl = 'http://127.0.0.1:1/notices';
    const { secret: formerNoticeWebhookSecret, noticeWebhook } = await mutate<{
      secret: string;
      noticeWebhook: { id: string };
    }>('createNoticeWebhook', { url: noticesUrl }, 'secret noticeWebhook { id }');
    const { secret: noticeWebhookSecret } = await mutate<{ secret: string }>(
      'rotateNoticeWebhookSecret',
      { id: noticeWebhook.id, overlapHours: 720, confirmUrl: noticesUrl },
      'secret',
    );
    await mutate('sendTestNotice', {}, 'notice { id }');
    await mutate(
      'muteNotices',
      { currentId: paused, until: new Date(Date.now() + 300 * 86_400_000) },
      'noticeMute { id }',
    );
    await until(
      () => sql`select from notice_message where channel = 'webhook' and attempts > 0`,
      ({ length }) => length > 1,
      60_000,
    );
    await mutate('deleteNoticeWebhook', { id: removed.id, dryRun: false, confirmUrl: removedUrl }, 'isDryRun');
    await sql`update notice_message set due_at = now() where state = 'ready'`;
    await until(
      () => sql`select from notice_message where state = 'failed'`,
      ({ length }) => length > 0,
      60_000,
    );

    // A member who leaves at a time that the partner names: an entry from before is ignored when it comes later.
    const amplitudeKey = await mutate<{ key: string }>(
      'createImportKey',
      { name: 'computed', partner: 'amplitude' },
      'key',
    );
    const computed = { cohort_id: 'computed', cohort_name: 'Computed' };
    const computedAt = Math.floor(Date.now() / 1000) - 100;
    for (const more of [
      { in_cohort: true, computed_time: computedAt, users: ['olga', 'pat'] },
      { in_cohort: false, computed_time: computedAt + 10, users: ['pat'] },
    ])
      await post('/partners/amplitude/webhook', { ...computed, ...more }, `Bearer ${amplitudeKey.key}`);
    await until(
      () => sql`select from cohort_tombstone`,
      ({ length }) => length === 1,
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
    const { secret: formerWebhookSecret, segmentWebhook } = await mutate<{
      secret: string;
      segmentWebhook: { id: string };
    }>('createSegmentWebhook', { segmentId: segment.id, url: receiver.url }, 'secret segmentWebhook { id }');
    const { secret: webhookSecret } = await mutate<{ secret: string }>(
      'rotateSegmentWebhookSecret',
      { id: segmentWebhook.id, overlapHours: 720, confirmUrl: receiver.url },
      'secret',
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
      // A worker that starts samples the tally if nobody has in this minute.
      await sql`update count_state set sampled_minute = '-infinity'`;
      await sql.unsafe(`update segment_change set at = at - ${retryWindow} where member = 'ehal'`);
    });
    await until(
      () => sql`select from segment_webhook_expiry`,
      ({ length }) => length === 1,
      60_000,
    );
    await change('ivy');

    const { segmentSync } = await mutate<{ segmentSync: { id: string } }>(
      'createSegmentSync',
      {
        segmentId: segment.id,
        destination: 'braze',
        settings: { restEndpoint: 'https://rest.iad-01.braze.com', baseUrl: braze.url, attribute: 'currents_buyers' },
        credentials: { restApiKey: keyOf('braze') },
      },
      'segmentSync { id }',
    );
    await mutate('launchSegmentSync', { id: segmentSync.id }, 'segmentSync { id }');
    await until(
      () => sql`select from segment_sync_member where state in ('delivered', 'refused')`,
      ({ length }) => length === 5,
      60_000,
    );

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

    await leaveJobsHalfDone(sql, [
      () => mutate('checkCohort', { cohortId: buyers }, 'job { id }'),
      () => mutate('checkLedger', { currentId: live }, 'job { id }'),
      () => mutate('discardDeadLetters', { currentId: live, reason: 'a test' }, 'job { id }'),
      () =>
        mutate(
          'deleteUserData',
          { externalUserIds: ['a-deleted-user'], confirmIds: ['a-deleted-user'], dryRun: false },
          'job { id }',
        ),
      () => mutate('purgeQuarantinedEvents', {}, 'job { id }'),
      () => mutate('releaseQuarantinedEvents', {}, 'job { id }'),
      () => mutate('repeatUserDeletions', { dryRun: false }, 'job { id }'),
      () => mutate('replayDeadLetters', { currentId: live }, 'job { id }'),
      () => mutate('resealSecrets', { dryRun: false }, 'job { id }'),
      () => mutate('restoreDeadLetters', { currentId: live }, 'job { id }'),
    ]);

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
    await sql`
      insert into segment_sync_request (id, sync_id, entered, gone)
      values (1, ${databaseKey(segmentSync.id)}, '{ebob}', '{}')`;
    await sql`update segment_sync set change_count = change_count + 1`;
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
    // Of requests to the segment's destination, which are counted for a moment only.
    await sql`delete from budget_bucket`;
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
        formerWebhookSecret,
        noticeWebhookSecret,
        formerNoticeWebhookSecret,
        consoleCookie,
        repeated,
        events: { skipped: skipped.id, ofDeletedUser: ofDeletedUser.id },
        urls: { mixpanel: mixpanel.url, amplitude: amplitude.url, receiver: receiver.url },
      },
      ...(await readDatabaseRows(sql)),
    };
  } finally {
    await worker?.stop();
    await hub.stop();
    await sql.end();
    await database.drop();
    await Promise.all([mixpanel.close(), amplitude.close(), braze.close(), receiver.close()]);
  }
}
