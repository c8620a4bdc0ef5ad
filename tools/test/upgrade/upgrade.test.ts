import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect, isSignedBy, storePush, watchImportKeys, type Sql } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { startProgram } from '../../src/hub/program.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { createAdmin } from '../endToEnd/admin.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { events } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { until } from '../endToEnd/until.js';
import { openNoticeReceiver } from '../notices/noticeReceiver.js';
import { fillHub } from './fillHub.js';
import { formerForms, storeAs } from './formerBatches.js';
import { startReceiver } from './receiver.js';
import { describeOtherReleases } from './otherReleases.js';
import { describeStoredForms } from './storedForms.js';
import { readRelease, restoreRelease, writeRelease, type Release } from './release.js';

const releases = readdirSync(new URL('releases/', import.meta.url)).filter((name) => name.endsWith('.json'));
/** The rows that this code stores, so that the fixture of the next release is known to be complete. */
const thisRelease = 'this release';
const keyOf = (project: string): string => createHash('md5').update(project).digest('hex');

/** What lasts for moments or minutes, and may be lost; and `index_backfill`, which only a migration fills. */
const transientTables = ['budget_bucket', 'index_backfill', 'quota_usage', 'segment_candidate', 'unreferenced_set'];

/** Columns with a form of their own that no row of the fixture has: they hold something for moments only, or hardly ever. */
const formsOfMoments = [
  'delivery.deferred',
  'delivery.trace_spans',
  'ledger_scan.progress',
  'master_key_check.fingerprint_key',
  'quarantine_batch.states',
];

it('there is a release to upgrade from', () => expect(releases).not.toEqual([]));

describe.each([...releases, thisRelease])('12. compatible storage: a database of %s, once migrated', (name) => {
  let release: Release;
  let database: TestDatabase;
  let sql: Sql;
  let hub: RunningHub;
  let mixpanel: FakeMixpanel;
  let amplitude: FakeAmplitude;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  const rows = <Row>(table: string): readonly Row[] => (release.tables[table] ?? []) as readonly Row[];
  const live = (): readonly number[] =>
    rows<{ id: number; state: string }>('current')
      .filter(({ state }) => state === 'live')
      .map(({ id }) => id);

  beforeAll(async () => {
    release = name === thisRelease ? await fillHub() : await readRelease(name);
    const { WRITE_FIXTURE: written } = process.env;
    if (name === thisRelease && written) await writeRelease(`${written}.json`, release);
    mixpanel = await startFakeMixpanel({
      projects: ['live', 'paused'].map((projectId) => ({ projectId, token: keyOf(projectId) })),
    });
    amplitude = await startFakeAmplitude({
      projects: [{ projectId: 'live', apiKey: keyOf('live'), secretKey: keyOf('secret of live') }],
    });
    amplitude.control.setCohort(keyOf('live'), { id: 'pulled', name: 'Pulled', members: ['kim', 'lou', 'max'] });
    receiver = await startReceiver();
    database = await createTestDatabase();
    await restoreRelease(database.url, release, {
      mixpanel: mixpanel.url,
      amplitude: amplitude.url,
      receiver: receiver.url,
    });
    sql = connect(database.url, { max: 2, name: 'test' });
    hub = await startHub({
      databaseUrl: database.url,
      masterKey: release.secrets.masterKey,
      environment: {
        ADMIN_TOKEN: release.secrets.adminToken,
        API_PORT: '0',
        WORKER_PORT: '0',
        ALLOW_CUSTOM_BASE_URL: 'true',
        ALLOW_PRIVATE_ADDRESSES: 'true',
        REQUEST_TIMEOUT_SECONDS: '20',
      },
    });
  }, 180_000);
  afterAll(async () => {
    await hub?.stop();
    await sql?.end();
    await database?.drop();
    await Promise.all([mixpanel?.close(), amplitude?.close(), receiver?.close()]);
  });

  const ingest = (token: string, body: unknown) =>
    fetch(`${hub.api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const graphql = (token: string) =>
    fetch(`${hub.api.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
  const client = () => createAdminClient(hub.api.url, release.secrets.adminToken);
  const settled = (current: number) =>
    until(
      () => ledgerOf(sql, current),
      ({ pending }) => pending === 0,
      60_000,
    );

  it('has live Currents with pending events, so that this test is meaningful', () => {
    const waiting = rows<{ current_id: number; pending: number }>('delivery').filter(({ pending }) => pending > 0);
    expect(live().length).toBeGreaterThan(1);
    for (const id of live()) expect(waiting.map((delivery) => delivery.current_id)).toContain(id);
  });

  it('has rows of every table, so that each form is read', async () => {
    if (name !== thisRelease) return;
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not relispartition and relname !~ '^(bullmq|member_set_)' and relname <> 'migration' order by 1`;
    expect(tables.map((table) => table.name).filter((table) => rows(table).length === 0)).toEqual(transientTables);
    const columns = await sql<{ table: string; name: string }[]>`
      select table_name as table, column_name as name from information_schema.columns where table_schema = 'public'
        and data_type in ('bytea', 'json', 'jsonb') and table_name in ${sql(tables.map((table) => table.name).filter((table) => !transientTables.includes(table)))}
      order by 1, 2`;
    const isFilled = (table: string, column: string): boolean =>
      rows<Record<string, unknown>>(table).some((row) => (row[column] ?? null) !== null);
    const empty = columns.filter((column) => !isFilled(column.table, column.name));
    expect(empty.map((column) => `${column.table}.${column.name}`)).toEqual(formsOfMoments);
  });

  it('delivers pending and new events of every live Current', async () => {
    for (const id of live()) await settled(id);
    const sent = events(5);
    const before = await Promise.all(live().map((id) => ledgerOf(sql, id)));
    expect((await ingest(release.secrets.ingestToken, { events: sent })).status).toBe(200);
    for (const [index, id] of live().entries()) {
      const after = await settled(id);
      expect(after.delivered).toBe((before[index]?.delivered ?? 0) + sent.length);
    }
    const ids = sent.map(({ id }) => id);
    expect(mixpanel.control.missing(ids)).toEqual([]);
    expect(amplitude.control.missing(ids)).toEqual([]);
    expect([...mixpanel.control.ledger().violations, ...amplitude.control.ledger().violations]).toEqual([]);
  });

  it('takes over the Currents of a worker that died before the upgrade', async () => {
    const owned = rows<{ current_id: number; worker_id: number }>('current_owner');
    // The first release knew no owners.
    if (name === thisRelease)
      expect(owned.map((each) => each.current_id)).toEqual(expect.arrayContaining(live().slice()));
    for (const { current_id: id, worker_id: dead } of owned) {
      const [owner] = await sql<{ worker_id: number }[]>`select worker_id from current_owner where current_id = ${id}`;
      expect(owner?.worker_id).not.toBe(dead);
    }
  });

  it('shows the warnings of its Currents', async () => {
    const stored = rows<{ current_id: number; code: string }>('current_warning');
    // The first release recorded none.
    if (name === thisRelease) expect(stored).toMatchObject([{ code: 'gzip_refused' }]);
    const { currents } = await client().ask<{
      currents: { nodes: readonly { id: string; warnings: readonly { code: string }[] }[] };
    }>('{ currents(first: 200) { nodes { id warnings { code } } } }');
    for (const { current_id: id, code } of stored) {
      const shown = currents.nodes.find((node) => node.id === `cur_${id}`)?.warnings.map((warning) => warning.code);
      expect(shown).toContain(code.toUpperCase());
    }
  });

  it('has a balanced ledger for every Current, live or not', async () => {
    for (const { id } of rows<{ id: number }>('current')) await ledgerOf(sql, id);
  });

  it('replays dead letters', async () => {
    const [letter] = rows<{ current_id: number; outcome: string }>('dead_letter').filter(
      ({ outcome, current_id }) => outcome === 'expired' && live().includes(current_id),
    );
    const current = letter?.current_id as number;
    const before = await ledgerOf(sql, current);
    expect(await createAdmin(hub.api.url, release.secrets.adminToken).replay(current)).toBeGreaterThan(0);
    const after = await settled(current);
    expect(after.delivered).toBeGreaterThan(before.delivered);
  });

  it('lists discarded dead letters, restores them, and replays them in turn', async () => {
    const stored = rows<{ current_id: number; discarded_at?: string | null; split_from?: string | null }>(
      'dead_letter',
    ).filter(({ discarded_at: at }) => at != null);
    // The first release could not discard any.
    if (name === thisRelease) expect(stored).toMatchObject([{ split_from: expect.anything() }]);
    const [letter] = stored;
    if (!letter) return;
    const current = letter.current_id;
    const discarded = async () => {
      const { deadLetters } = await client().ask<{ deadLetters: { nodes: readonly object[] } }>(
        '{ deadLetters(filter: { isDiscarded: true }) { nodes { currentId discardReason discardedBy { id } replayedAt } } }',
      );
      return deadLetters.nodes;
    };
    const token = { id: expect.stringMatching(/^adm_/) as unknown };
    expect(await discarded()).toEqual([
      { currentId: `cur_${current}`, discardReason: 'a test', discardedBy: token, replayedAt: null },
    ]);
    await client().ask(
      'mutation ($id: ID!) { restoreDeadLetters(input: { currentId: $id, dryRun: false }) { __typename } }',
      { id: `cur_${current}` },
    );
    await until(discarded, ({ length }) => length === 0, 60_000);
    const before = await ledgerOf(sql, current);
    expect(await createAdmin(hub.api.url, release.secrets.adminToken).replay(current)).toBeGreaterThan(0);
    expect((await settled(current)).delivered).toBe(before.delivered + 1);
  });

  it('goes on with a replay whose deliveries were pending', async () => {
    const waiting = rows<{ id: number; current_id: number; replay_id?: number | null; pending: number }>(
      'delivery',
    ).filter(({ replay_id: job, pending }) => job != null && pending > 0);
    // The first release could not replay what was delivered.
    if (name === thisRelease) expect(waiting.length).toBeGreaterThan(0);
    for (const { id, current_id: current, replay_id: job, pending } of waiting) {
      await settled(current);
      const [delivery] = await sql<{ pending: number; outcomes: Buffer }[]>`
        select pending, outcomes from delivery where id = ${id} and replay_id = ${job ?? 0}`;
      expect(delivery?.pending).toBe(0);
      // 2 is delivered: the partner took every event of it.
      expect([...(delivery?.outcomes ?? [])].filter((byte) => byte === 2)).toHaveLength(pending);
      await until(
        () => sql<{ state: string }[]>`select state from job where id = ${job ?? 0}`,
        ([row]) => row?.state === 'done',
        60_000,
      );
    }
  });

  it('accepts and refuses the same tokens and keys as before', async () => {
    const { secrets } = release;
    expect((await graphql(secrets.adminToken)).status).toBe(200);
    expect((await graphql(secrets.revokedAdminToken)).status).toBe(401);
    expect((await ingest(secrets.revokedIngestToken, { events: events(1) })).status).toBe(401);
    const keys = await watchImportKeys(sql, () => undefined);
    const partner =
      rows<{ name: string; partner: string }>('import_key').find((key) => key.name === 'good')?.partner ?? '';
    expect(await keys.check(partner, secrets.importKey)).toBeTypeOf('number');
    expect(await keys.check(partner, secrets.revokedImportKey)).toBeUndefined();
    await keys.stop();
  });

  it('has the members of every cohort and segment', async () => {
    const sets = Object.keys(release.tables).filter((table) => table.startsWith('member_set_'));
    expect(sets).not.toEqual([]);
    for (const table of ['cohort', 'segment']) {
      for (const old of rows<{ id: number; set_id: number | null }>(table)) {
        if (old.set_id === null) continue;
        const expected = rows<{ member: string }>(`member_set_${old.set_id}`).map(({ member }) => member);
        const [now] = await sql<{ set_id: string }[]>`select set_id from ${sql(table)} where id = ${old.id}`;
        const held = await sql<{ member: string }[]>`select member from ${sql(`member_set_${now?.set_id ?? ''}`)}`;
        expect(held.map(({ member }) => member).sort()).toEqual([...expected].sort());
      }
    }
  });

  it('completes a session whose first page was stored by the earlier release', async () => {
    const [staged] = rows<{ cohort_id: number; session: string; key_id: number; state: string }>(
      'cohort_change',
    ).filter(({ state }) => state === 'staged');
    const cohort = rows<{ id: number; partner: string; partner_id: string; name: string }>('cohort').find(
      ({ id }) => id === staged?.cohort_id,
    );
    if (!staged || !cohort) throw new Error('the fixture has no session that is not complete');
    const reference = { id: cohort.partner_id, name: cohort.name };
    const stored = await storePush(
      { sql, onStored: () => undefined },
      {
        partner: cohort.partner,
        keyId: staged.key_id,
        body: 'page 2',
        parsed: {
          changes: [
            {
              kind: 'replace',
              cohort: reference,
              session: { id: staged.session, page: 2, pages: 2 },
              members: [{ externalId: 'zoe' }],
            },
          ],
          refused: {},
        },
      },
    );
    expect(stored.outcome).toBe('stored');
    await until(
      () =>
        sql<
          { state: string }[]
        >`select state from cohort_sync where cohort_id = ${cohort.id} and session = ${staged.session}`,
      ([sync]) => sync?.state === 'applied',
      60_000,
    );
  });

  it('delivers the events of a blocked Current once its credentials are valid', async () => {
    const [blocked] = rows<{ id: number; name: string; state: string }>('current').filter(
      ({ state }) => state === 'blocked',
    );
    if (!blocked) throw new Error('the fixture has no blocked Current');
    const { delivered, pending } = await ledgerOf(sql, blocked.id);
    expect(pending).toBeGreaterThan(0);
    const input = {
      id: `cur_${blocked.id}`,
      confirmName: blocked.name,
      credentials: { apiKey: keyOf('live'), secretKey: keyOf('secret of live') },
    };
    await client().ask('mutation ($input: UpdateCurrentInput!) { updateCurrent(input: $input) { __typename } }', {
      input,
    });
    expect((await settled(blocked.id)).delivered).toBe(delivered + pending);
  });

  it('shows every stored row in the admin API, with valid enum values', async () => {
    const lists = {
      auditLog: ['audit_entry'],
      adminTokens: ['admin_token'],
      cohortPulls: ['cohort_pull'],
      importPartners: ['import_partner'],
      jobs: ['job'],
      notices: ['notice'],
      noticeWebhooks: ['notice_webhook'],
      quarantinedEvents: ['quarantine', 'quarantine_batch'],
      segments: ['segment'],
    };
    const fields: Readonly<Record<string, string>> = {
      auditLog: 'action succeeded result arguments targetId target { id } actor { adminToken { id } }',
      quarantinedEvents: 'code detail body bodyState ingestToken { id }',
      importPartners: 'name',
      notices: 'kind severity state deliveries { channel state transport recipient } node { id }',
      noticeWebhooks: 'url state',
      jobs: 'operation state doneCount totalCount result { __typename }',
      adminTokens: 'name role expiresAt isValid',
    };
    for (const [list, tables] of Object.entries(lists)) {
      const answer = await client().ask<Record<string, { totalCount: number; nodes: readonly unknown[] }>>(
        `{ ${list}(first: 200) { totalCount nodes { ${fields[list] ?? 'id'} } } }`,
      );
      const stored = tables
        .flatMap((table) => rows<{ state?: string }>(table))
        .filter(({ state }) => state !== 'deleted').length;
      expect(answer[list]?.nodes.length, list).toBe(answer[list]?.totalCount);
      expect(answer[list]?.totalCount, list).toBeGreaterThanOrEqual(stored);
    }
    const { quarantinedEvents } = await client().ask<{ quarantinedEvents: { nodes: { body: string }[] } }>(
      '{ quarantinedEvents(filter: { code: UNKNOWN_EVENT_TYPE }) { nodes { body } } }',
    );
    expect(quarantinedEvents.nodes.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      { event_type: 'users.messages.pigeon.Send' },
    ]);
    const { importKeys } = await client().ask<{
      importKeys: { nodes: readonly { name: string; revokedAt: string | null }[] };
    }>('{ importKeys { nodes { name revokedAt } } }');
    const ending = importKeys.nodes.find(({ name: key }) => key === 'to be revoked');
    expect(Date.parse(ending?.revokedAt ?? '')).toBeGreaterThan(Date.now());
  });

  it('delivers outstanding changes to webhooks, signed with the same secret and the former one', async () => {
    const { body, headers } = await until(
      () => receiver.received[0],
      (first) => first !== undefined,
      60_000,
    ).then((first) => first as (typeof receiver.received)[number]);
    const timestamp = String(headers['currents-timestamp']);
    const signature = String(headers['currents-signature']);
    const { webhookSecret, formerWebhookSecret } = release.secrets;
    for (const secret of formerWebhookSecret === undefined ? [webhookSecret] : [webhookSecret, formerWebhookSecret])
      expect(isSignedBy(secret, { timestamp, signature, body })).toBe(true);
    expect(JSON.parse(body)).toMatchObject({ changes: [{ member: { externalId: 'ivy' } }] });
  });

  it('goes on to send the notices that waited for a webhook, with a secret that opens', async () => {
    const waited = rows<{ channel: string; state: string }>('notice_message').filter(
      ({ channel, state }) => channel === 'webhook' && state === 'ready',
    );
    // The first release had no notices.
    if (name === thisRelease) expect(waited.length).toBeGreaterThan(0);
    if (waited.length === 0) return;
    const to = await openNoticeReceiver();
    try {
      to.secret = release.secrets.noticeWebhookSecret ?? '';
      await sql`update notice_webhook set url = ${to.url}`;
      await sql`update notice_message set due_at = now() where state = 'ready'`;
      await until(
        () => to.received.length,
        (count) => count >= waited.length,
        60_000,
      );
      expect(to.complaints).toEqual([]);
    } finally {
      await to.close();
    }
  });

  describeStoredForms(() => ({ sql, apiUrl: hub.api.url, client: client(), release, rows }));

  it('pulls cohorts with the sealed credentials', async () => {
    await sql`update cohort_pull set due_at = now() where run_id is null`;
    const [pull] = rows<{ cohort_id: number }>('cohort_pull');
    await until(
      () => sql<{ held: number }[]>`
        select (external_ids + device_ids + aliases)::int as held from cohort where id = ${pull?.cohort_id ?? 0}`,
      ([cohort]) => cohort?.held === 3,
      60_000,
    );
  });

  it('delivers batches of every form that was ever stored', async () => {
    await hub.workers[0]?.stop();
    const [{ last } = { last: '0' }] = await sql<{ last: string }[]>`select max(id) as last from batch`;
    const sent = formerForms.map(() => events(3));
    for (const part of sent) expect((await ingest(release.secrets.ingestToken, { events: part })).status).toBe(200);
    const batches = await sql<{ id: string; content: Buffer }[]>`
      select id, content from batch where id > ${last} order by id`;
    expect(batches).toHaveLength(formerForms.length);
    for (const [index, form] of formerForms.entries()) {
      const { id, content } = batches[index] as (typeof batches)[number];
      await sql`update batch set content = ${await storeAs(form, content)} where id = ${id}`;
    }
    const worker = await startProgram('worker', { environment: { ...hub.environment, WORKER_PORT: '0' } });
    try {
      for (const id of live()) await settled(id);
      const ids = sent.flat().map(({ id }) => id);
      expect(mixpanel.control.missing(ids)).toEqual([]);
      expect(amplitude.control.missing(ids)).toEqual([]);
    } finally {
      await worker.stop();
    }
  });

  if (name === thisRelease)
    describeOtherReleases(() => ({
      sql,
      apiUrl: hub.api.url,
      adminToken: release.secrets.adminToken,
      environment: hub.environment,
    }));
});
