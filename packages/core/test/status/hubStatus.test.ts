import { randomBytes } from 'node:crypto';
import {
  createSeal,
  pauseCurrent,
  registerHubGauges,
  openHubStatus,
  findProblems,
  type HubStatus,
  type HubStatusReader,
} from '@currents/core';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { block } from '../../src/circuitBreaker.js';
import { until } from '../deliveryHarness.js';
import { event, openCoreHarness, type CoreHarness } from '../admin/coreHarness.js';
import { runOperation } from '../admin/runOperation.js';
import { startPostgresProxy } from '../postgresProxy.js';

const hourMs = 3_600_000;
const limits = { windowMs: 48 * hourMs, quarantineMaxBytes: 1_000_000, maxWaitMs: 30_000 };

let harness: CoreHarness;
let [live, blocked, paused] = ['', '', ''];
beforeAll(async () => {
  harness = await openCoreHarness();
  const { admin, sql } = harness;
  live = await harness.launch('live "1"');
  await harness.take([1, 2, 3, 4, 5].map(() => event()));
  await harness.attempt(live, (position) =>
    position < 3 ? { outcome: 'rejected', code: 'invalid' } : position === 3 ? 'delivered' : { skip: 'duplicate' },
  );
  blocked = await harness.launch('blocked');
  paused = await harness.launch('paused');
  await harness.take([event(), event()]);
  await harness.attempt(live, () => 'delivered');
  await block(sql, 'current', Number(blocked), { code: 'credentials_refused', detail: 'the token is not valid.' });
  await pauseCurrent(admin, paused);
  await harness.draft('draft');
  await sql`update delivery set stored_at = stored_at - interval '47 hours' where current_id = ${Number(blocked)}`;
  await sql`update current set live_since = live_since - interval '50 hours' where id = ${Number(blocked)}`;
  await sql`delete from worker_lease`;
});
afterAll(() => harness.close());

/** The state at this moment; a reader that is used again may answer from its cache. */
async function readNow(): Promise<HubStatus> {
  const reader = openHubStatus({ databaseUrl: harness.databaseUrl, seal: harness.seal, ...limits });
  try {
    return await reader.read(0);
  } finally {
    await reader.close();
  }
}

async function scrape(source: Pick<HubStatusReader, 'read'>): Promise<string> {
  const registry = new Registry();
  registerHubGauges(registry, source);
  return registry.metrics();
}

/** The samples of one metric, without its name. */
const samplesOf = (text: string, name: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `) ? [line.slice(name.length)] : []));

describe('the gauges of the hub', () => {
  let text: string;
  beforeAll(async () => {
    const status = await readNow();
    text = await scrape({ read: async () => status });
  });

  it('say of each Current its name, its state, and what is pending', () => {
    expect(samplesOf(text, 'currents_current_info')).toContain(
      `{current="${live}",name="live \\"1\\"",destination="fake"} 1`,
    );
    expect(samplesOf(text, 'currents_current_state')).toEqual(
      [
        [live, 'live'],
        [blocked, 'blocked'],
        [paused, 'paused'],
        [String(Number(paused) + 1), 'draft'],
      ].flatMap(([current, present]) =>
        ['draft', 'live', 'paused', 'blocked'].map(
          (state) => `{current="${current}",state="${state}"} ${state === present ? 1 : 0}`,
        ),
      ),
    );
    expect(samplesOf(text, 'currents_pending_events')).toEqual([
      `{current="${live}"} 0`,
      `{current="${blocked}"} 2`,
      `{current="${paused}"} 2`,
      `{current="${Number(paused) + 1}"} 0`,
    ]);
  });

  it('count the notices that wait and those that were given up, and the secrets under another key', async () => {
    const { sql } = harness;
    expect(samplesOf(text, 'currents_pending_notice_messages')).toEqual([
      '{channel="mail"} 0',
      '{channel="webhook"} 0',
    ]);
    expect(samplesOf(text, 'currents_oldest_pending_notice_age_seconds')).toEqual([' 0']);
    expect(samplesOf(text, 'currents_secrets_under_previous_key')).toEqual([' 0']);
    await sql`
      insert into notice_message (channel, recipient, state, created_at)
      values ('mail', 'a', 'gathering', now()), ('mail', 'b', 'ready', now() - interval '2 hours'), ('webhook', 'c', 'ready', now()),
        ('mail', 'd', 'failed', now()), ('mail', 'e', 'failed', now() - interval '2 days'), ('mail', 'f', 'sent', now())`;
    const rotated = createSeal(randomBytes(32), [randomBytes(32)]);
    const reader = openHubStatus({ databaseUrl: harness.databaseUrl, ...limits, seal: rotated });
    const status = await reader.read(0);
    await reader.close();
    await sql`delete from notice_message`;
    const later = await scrape({ read: async () => status });
    expect(samplesOf(later, 'currents_pending_notice_messages')).toEqual([
      '{channel="mail"} 2',
      '{channel="webhook"} 1',
    ]);
    expect(Number(samplesOf(later, 'currents_oldest_pending_notice_age_seconds')[0])).toBeCloseTo(7_200, -2);
    expect(samplesOf(later, 'currents_failed_notice_messages')).toEqual([' 1']);
    // A harness stores no check of the key.
    const [stored] = await sql`select count(credentials)::int as n from current`;
    expect(samplesOf(later, 'currents_secrets_under_previous_key')).toEqual([` ${String(stored?.['n'])}`]);
  });

  it('say how old the oldest pending event is, and what is left of the retry window of a blocked Current only', () => {
    const ages = samplesOf(text, 'currents_oldest_pending_age_seconds').map((sample) => Number(sample.split(' ')[1]));
    expect(ages[0]).toBe(0);
    expect(ages[1]).toBeGreaterThanOrEqual(47 * 3_600);
    const left = samplesOf(text, 'currents_retry_window_left_seconds');
    expect(left).toHaveLength(1);
    const [, seconds] = left[0]?.split(' ') ?? [];
    expect(Number(seconds) + (ages[1] as number)).toBeCloseTo(48 * 3_600, 0);
  });

  it('count the dead letters that were not replayed, before and after a replay', async () => {
    expect(samplesOf(text, 'currents_dead_letters')).toContain(`{current="${live}"} 3`);
    await runOperation(harness.admin, 'replay_dead_letters', { currentId: live, filter: {}, isDryRun: false });
    await harness.attempt(live, (position) => (position === 0 ? { outcome: 'expired', code: 'late' } : 'delivered'));
    const status = await readNow();
    expect(status.deadLetters.value).toEqual([{ currentId: Number(live), count: 1, oldestAt: expect.any(Date) }]);
  });

  it('are all 0 and not absent where there is nothing, so that an alert ends', () => {
    for (const name of ['currents_throttled_keys', 'currents_keys_near_quota', 'currents_dead_letters'])
      expect(samplesOf(text, name), name).toContain(`{current="${blocked}"} 0`);
    for (const name of ['currents_quarantine_events', 'currents_quarantine_bytes', 'currents_cohort_pulls_stopped'])
      expect(samplesOf(text, name), name).toEqual([' 0']);
  });
});

describe('every part', () => {
  it('is read from real rows', async () => {
    const { sql } = harness;
    const id = Number(live);
    await sql`insert into current_warning (current_id, code, detail, events) values (${id}, 'gzip_refused', 'by a proxy', 4)`;
    await sql`
      insert into current_warning (current_id, code, detail, events, last_at) values (${id}, 'batch_newer', 'old', 4, now() - interval '8 days')`;
    const job = (state: string, differences: number, hours: number) => sql`
      insert into job (operation, input, state, result, error, finished_at) values (
        'check_ledger', ${sql.json({ currentId: live })}, ${state}, ${sql.json({ differences: Array(differences).fill({}) })},
        'out of memory', now() - ${hours}::int * interval '1 hour')`;
    await job('done', 2, 5);
    await job('failed', 0, 4);
    await job('failed', 0, 30);
    await sql`
      insert into quota_usage (current_id, budget, key, hour, used, quota_limit, expires_at) values
        (${id}, 'device', 'a', now(), 50, 100, now() + interval '1 hour'), (${id}, 'device', 'a', now() - interval '1 hour', 40, 100, now() + interval '1 hour'),
        (${id}, 'device', 'b', now(), 79, 100, now() + interval '1 hour'), (${id}, 'device', 'c', now(), 99, 100, now() - interval '1 hour')`;
    const deferred = sql.json([
      { positions: [0], code: 'over_budget', dueAtMs: 1, budget: { name: 'device', key: 'a', sinceMs: 1 } },
      { positions: [1], code: 'over_budget', dueAtMs: 1, budget: { name: 'device', key: 'b', sinceMs: 1 } },
    ]);
    await sql`update delivery set deferred = ${deferred} where current_id = ${Number(paused)} and pending > 0`;
    const [cohort] = await sql<{ id: number }[]>`
      insert into cohort (partner, partner_id, list_id, name, schedule, last_sync_at, created_at)
      values ('mixpanel', '1', 'l', 'Buyers', 'hourly', now() - interval '9 hours', now() - interval '10 days') returning id`;
    await sql`
      insert into cohort_pull (cohort_id, current_id, due_at, failure_code, failure_detail, failure_recovery, failed_at)
      values (${cohort?.id ?? 0}, ${id}, null, 'refused', 'no access', 'manual', now())`;
    const [segment] = await sql<{ id: number }[]>`
      insert into segment (name, definition) values ('Spenders', '{}') returning id`;
    await sql`
      insert into segment_webhook (segment_id, url, state, blocked_code, delivered_change_id)
      values (${segment?.id ?? 0}, 'https://example.com/', 'blocked', 'http_401', 2)`;
    await sql`
      insert into segment_change (id, segment_id, entered, member) select n, ${segment?.id ?? 0}, true, 'm' || n from generate_series(1, 5) n`;

    await sql`
      insert into quarantine_batch (stored_on, token_id, events, positions, codes, code_indexes, event_counts, released_counts, purged_counts, states)
      select current_date, 1, 5, ${Buffer.alloc(20)}, '{a}', ${Buffer.alloc(5)}, '{5}', released, purged, states
      from (values ('{0}'::int[], '{0}'::int[], null::bytea), ('{2}', '{1}', ${Buffer.alloc(5)}::bytea)) v (released, purged, states)`;

    const status = await readNow();
    const unread = Object.entries(status).filter(
      ([, part]) => part !== null && typeof part === 'object' && 'value' in part && part.value === undefined,
    );
    expect(unread).toEqual([]);
    expect(status.warnings.value).toMatchObject([{ currentId: id, code: 'gzip_refused', count: 4 }]);
    expect(status.failedJobs.value).toMatchObject([{ operation: 'check_ledger', error: 'out of memory' }]);
    expect(status.ledgerChecks.value).toMatchObject([{ currentId: id, differenceCount: 2 }]);
    expect(status.keysNearQuota.value).toEqual([{ currentId: id, keyCount: 1 }]);
    expect(status.throttledKeys.value).toEqual([{ currentId: Number(paused), keyCount: 2 }]);
    expect(status.cohorts.value).toMatchObject([{ id: cohort?.id, name: 'Buyers', schedule: 'hourly' }]);
    expect(status.stoppedPulls.value).toMatchObject([{ cohortId: cohort?.id, failureDetail: 'no access' }]);
    expect(status.heldEvents.value?.count).toBe(7);
    expect(status.webhooks.value).toMatchObject([{ segmentName: 'Spenders', state: 'blocked', pendingCount: 3 }]);
    const text = await scrape({ read: async () => status });
    expect(samplesOf(text, 'currents_cohort_stale')).toEqual([`{cohort="${cohort?.id}",partner="mixpanel"} 1`]);
    expect(samplesOf(text, 'currents_webhook_pending_changes')).toEqual(['{webhook="1"} 3']);
    expect(samplesOf(text, 'currents_ledger_differences')).toEqual([`{current="${live}"} 2`]);
    for (const table of [
      'current_warning',
      'job',
      'quota_usage',
      'cohort',
      'segment_change',
      'segment',
      'quarantine_batch',
    ])
      await sql`delete from ${sql(table)}`;
    await sql`update delivery set deferred = null where current_id = ${Number(paused)}`;
  });
});

describe('pending events', () => {
  it('are the same whether they are read one by one or, with a large backlog, from the tally', async () => {
    const { sql } = harness;
    const before = (await readNow()).currents.value ?? [];
    const id = Number(paused);
    await sql.begin(async (tx) => {
      await tx`
        insert into delivery (stored_on, batch_id, current_id, stored_at, due_at, events, pending)
        select current_date, n, ${id}, now() - interval '3 hours', now() - interval '3 hours', 2, 2 from generate_series(1, 20001) n`;
      await tx`insert into tally (current_id, day, shard, outcome, events) values (${id}, current_date, 99, 'selected', 40002)`;
    });
    const after = (await readNow()).currents.value ?? [];
    const pick = ({ id: key, pendingCount, oldestPendingAt }: (typeof after)[number]) => ({
      key,
      pendingCount,
      oldestPendingAt,
    });
    expect(after.map(pick)).toEqual(
      before.map((current) =>
        current.id === id
          ? { key: id, pendingCount: current.pendingCount + 40_002, oldestPendingAt: expect.any(Date) }
          : pick(current),
      ),
    );
    const oldest = after.find((current) => current.id === id)?.oldestPendingAt?.getTime() ?? 0;
    expect(Date.now() - oldest).toBeGreaterThanOrEqual(3 * hourMs);
    await sql`delete from delivery where batch_id between 1 and 20001 and events = 2 and current_id = ${id} and stored_at < now() - interval '1 hour'`;
    await sql`delete from tally where shard = 99`;
  });
});

describe('without a database', () => {
  it('a scrape succeeds, the gauges are absent, and one says so', async () => {
    const proxy = await startPostgresProxy(harness.databaseUrl);
    const own = openHubStatus({ databaseUrl: proxy.url, seal: harness.seal, ...limits });
    const uncached = { read: () => own.read(0) };
    try {
      expect(samplesOf(await scrape(uncached), 'currents_pending_events')).toHaveLength(4);
      proxy.close();
      for (const socket of proxy.connections) socket.destroy();
      // What was just read is answered for a while.
      const text = await until(
        () => scrape(uncached),
        (each) => samplesOf(each, 'currents_status_read_success').every((sample) => sample.endsWith(' 0')),
      );
      expect(samplesOf(text, 'currents_pending_events')).toEqual([]);
      expect(samplesOf(text, 'currents_quarantine_max_bytes')).toEqual([' 1000000']);
      expect(samplesOf(text, 'currents_status_read_success')).toContain('{part="currents"} 0');
      const failures = samplesOf(text, 'currents_status_read_failures_total').find((sample) =>
        sample.startsWith('{part="currents"}'),
      );
      expect(Number(failures?.split(' ')[1])).toBeGreaterThanOrEqual(1);
      expect(findProblems(await own.read(0))[0]).toMatchObject({ kind: 'status_unknown', severity: 'critical' });
    } finally {
      await own.close();
    }
  });
});

describe('the findings', () => {
  const kindsOf = (status: HubStatus) => findProblems(status).map(({ kind, severity }) => `${severity} ${kind}`);

  it('are what the gauges say, the worst first', async () => {
    expect(kindsOf(await readNow())).toEqual([
      'critical no_worker',
      'critical retry_window_ending',
      'critical current_blocked',
      'warning dead_letters',
      'info current_paused',
    ]);
  });

  it('say since when, what it is about, and what to do', async () => {
    const findings = findProblems(await readNow());
    expect(findings.find(({ kind }) => kind === 'current_blocked')).toEqual({
      kind: 'current_blocked',
      severity: 'critical',
      since: expect.any(Date),
      count: 2,
      subject: { type: 'Current', key: blocked },
      message: 'The Current "blocked" is blocked (credentials_refused): the token is not valid.',
      remedy: expect.stringContaining('updateCurrent'),
    });
  });

  it('include each kind that the database knows of', async () => {
    const status = await readNow();
    const at = new Date(Date.now() - 100 * hourMs);
    const of = <Value>(value: Value) => ({ value, failureCount: 0 });
    const [current] = status.currents.value ?? [];
    if (!current) throw new Error('expected a Current');
    const webhook = {
      segmentName: 'Spenders',
      state: 'live',
      stateSince: at,
      blockedCode: null,
      pendingCount: 2,
      oldestPendingAt: at,
      deferralCode: 'http_503',
      deferralDetail: 'HTTP 503.',
    } as const;
    const sync = {
      segmentName: 'S',
      objectName: 'o',
      state: 'live',
      stateSince: at,
      blockedCode: null,
      failingSince: null,
      deferralCode: null,
      deferralDetail: null,
    } as const;
    const all: HubStatus = {
      ...status,
      workers: of(1),
      currents: of([{ ...current, id: 1, state: 'live', stateSince: at, pendingCount: 5, oldestPendingAt: at }]),
      deadLetters: of([]),
      keysNearQuota: of([{ currentId: 1, keyCount: 3 }]),
      quarantineUsage: of([{ tokenId: 4, tokenName: 'braze', bytes: 450_000 }]),
      heldEvents: of({ count: 9, oldestAt: at }),
      webhooks: of([
        { ...webhook, id: 5, state: 'blocked', blockedCode: 'http_401' },
        { ...webhook, id: 6 },
        { ...webhook, id: 7, oldestPendingAt: new Date() },
        { ...webhook, id: 8, stateSince: new Date() },
        { ...webhook, id: 9, state: 'paused' },
      ]),
      segmentSyncs: of([
        { ...sync, id: 8, state: 'blocked', blockedCode: 'refused' },
        { ...sync, id: 9 },
        { ...sync, id: 10, failingSince: at },
        { ...sync, id: 11, failingSince: new Date() },
      ]),
      cohorts: of([
        { id: 7, name: 'Buyers', partner: 'mixpanel', schedule: 'daily', lastSyncAt: at, createdAt: at },
        { id: 8, name: 'Once', partner: 'mixpanel', schedule: 'one_time', lastSyncAt: at, createdAt: at },
        { id: 9, name: 'Fresh', partner: 'mixpanel', schedule: 'daily', lastSyncAt: new Date(), createdAt: at },
      ]),
      stoppedPulls: of([
        { cohortId: 7, cohortName: 'Buyers', failureCode: 'refused', failureDetail: null, failedAt: at },
      ]),
      warnings: of([
        { currentId: 1, currentName: 'live', code: 'gzip_refused', detail: 'by a proxy', count: 0, firstAt: at },
      ]),
      failedJobs: of([{ id: 3, operation: 'check_ledger', error: 'out of memory', finishedAt: at }]),
      ledgerChecks: of([
        { currentId: 1, checkedAt: at, differenceCount: 2 },
        { currentId: 2, checkedAt: at, differenceCount: 0 },
      ]),
    };
    expect(
      findProblems(all).map(({ kind, severity, subject }) => `${severity} ${kind} ${subject?.type} ${subject?.key}`),
    ).toEqual([
      'critical ledger_difference Current 1',
      'critical webhook_blocked SegmentWebhook 5',
      'critical segment_sync_blocked SegmentSync 8',
      'critical cohort_pull_stopped CohortPull 7',
      'warning quarantine_near_budget IngestToken 4',
      'warning oldest_pending_too_old Current 1',
      'warning webhook_behind SegmentWebhook 6',
      'warning segment_sync_failing SegmentSync 10',
      'warning cohort_stale Cohort 7',
      'warning key_near_quota Current 1',
      'warning quarantined_events undefined undefined',
      'warning current_warning Current 1',
      'warning job_failed Job 3',
    ]);
    const behind = findProblems(all).find(({ kind }) => kind === 'webhook_behind');
    expect(behind).toMatchObject({ since: at, count: 2 });
    expect(behind?.message).toBe(
      `A webhook of the segment "Spenders" has not received a change of ${at.toISOString()}, last with http_503: HTTP 503.`,
    );
    const full = { ...all, quarantineUsage: of([{ tokenId: 4, tokenName: 'braze', bytes: 495_000 }]) };
    expect(kindsOf(full)).toContain('critical quarantine_near_budget');
  });
});
