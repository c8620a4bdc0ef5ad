import { storePush, type Sql } from '@currents/core';
import { expect, it } from 'vitest';
import type { AdminClient } from '../../src/hub/adminClient.js';
import { until } from '../endToEnd/until.js';
import type { Release } from './release.js';

/** A hub whose database was upgraded. */
export interface UpgradedHub {
  readonly sql: Sql;
  readonly apiUrl: string;
  readonly client: AdminClient;
  readonly release: Release;
  /** The rows of a table before the upgrade. Of what an earlier release did not know, there are none. */
  rows<Row>(table: string): readonly Row[];
}

/** Adds tests that ask for each form that was stored, most of them by the GraphQL API. */
export function describeStoredForms(upgraded: () => UpgradedHub): void {
  it('lists the differences of a ledger, and finds them gone', async () => {
    const { sql, client, rows } = upgraded();
    const stored = rows<{ id: number; current_id: number; expected: number; stored: number }>('ledger_difference');
    if (stored.length === 0) return;
    const list = async (isResolved: boolean): Promise<readonly object[]> => {
      const { ledgerDifferences } = await client.ask<{ ledgerDifferences: { nodes: readonly object[] } }>(
        `query ($filter: LedgerDifferenceFilter) {
          ledgerDifferences(filter: $filter) { nodes { id currentId: current { id } expectedCount storedCount } }
        }`,
        { filter: { isResolved } },
      );
      return ledgerDifferences.nodes;
    };
    const shown = stored.map(({ current_id: id, expected, stored: count }) => ({
      currentId: { id: `cur_${id}` },
      expectedCount: expected,
      storedCount: count,
    }));
    expect(await list(false)).toMatchObject(expect.arrayContaining(shown.map((each) => expect.objectContaining(each))));
    await sql`update ledger_scan set due_at = now()`;
    await until(
      () => list(true),
      ({ length }) => length === stored.length,
      60_000,
    );
  });

  it('goes on with the sync of a segment, and takes back a request that was under way', async () => {
    const { sql, client, rows } = upgraded();
    for (const { id, change_count: changes } of rows<{ id: number; change_count: number }>('segment_sync')) {
      await until(
        () => sql`select from segment_sync_request where sync_id = ${id} and id = 1`,
        ({ length }) => length === 0,
        60_000,
      );
      const { segmentSync } = await client.ask<{
        segmentSync: Record<
          'changeCount' | 'deliveredCount' | 'refusedCount' | 'returnedCount' | 'inFlightCount',
          number
        >;
      }>(
        `query ($id: ID!) {
          segmentSync(id: $id) {
            ... on SegmentSync { destination changeCount deliveredCount refusedCount returnedCount inFlightCount }
          }
        }`,
        { id: `ssy_${id}` },
      );
      const { changeCount, deliveredCount, refusedCount, returnedCount, inFlightCount } = segmentSync;
      expect(segmentSync).toMatchObject({ destination: 'braze' });
      expect(changeCount).toBeGreaterThanOrEqual(changes);
      expect(returnedCount).toBeGreaterThanOrEqual(1);
      expect(changeCount).toBe(deliveredCount + refusedCount + returnedCount + inFlightCount);
    }
  });

  it('lists what the destination of a segment sync refused', async () => {
    const { client, rows } = upgraded();
    for (const { sync_id: id, member, code } of rows<{ sync_id: number; member: string; code: string }>(
      'segment_sync_refusal',
    )) {
      const { segmentSync } = await client.ask<{ segmentSync: { refusals: { nodes: readonly object[] } } }>(
        `query ($id: ID!) {
          segmentSync(id: $id) { ... on SegmentSync { refusals { nodes { code member { externalId } } } } }
        }`,
        { id: `ssy_${id}` },
      );
      expect(segmentSync.refusals.nodes).toContainEqual({ code, member: { externalId: member.slice(1) } });
    }
  });

  it('reads the field rules of a Current', async () => {
    const { client, rows } = upgraded();
    for (const { id, field_rules: stored } of rows<{ id: number; field_rules?: object | null }>('current')) {
      if (!stored) continue;
      const { current } = await client.ask<{ current: { fieldRules: object } }>(
        `query ($id: ID!) {
          current(id: $id) {
            ... on Current { fieldRules { isReadable isWithoutContactDetails rules { drop { fields } } } }
          }
        }`,
        { id: `cur_${id}` },
      );
      const { version: _version, ...rules } = stored as { version: number };
      expect(current.fieldRules).toEqual({ isReadable: true, ...rules });
    }
  });

  it('opens staged and former credentials', async () => {
    const { client, rows } = upgraded();
    const stored = rows<{ current_id: number; state: string }>('credential_rotation');
    for (const { current_id: id, state } of stored) {
      const act = state === 'staged' ? 'testStagedCredentials' : 'rollBackCredentials';
      const answer = await client.ask(
        `mutation ($id: ID!) {
          ${act}(input: { id: $id }) {
            ... on ${act.charAt(0).toUpperCase()}${act.slice(1)}Payload { current { credentialRotation { state test { outcome } } } }
            ... on Problem { message }
          }
        }`,
        { id: `cur_${id}` },
      );
      expect(answer).toEqual({
        [act]: { current: { credentialRotation: { state: 'STAGED', test: { outcome: 'PASSED' } } } },
      });
    }
  });

  it('counts what came in and what became of it, from before the upgrade on', async () => {
    const { client, rows } = upgraded();
    const sum = (values: readonly (number | null)[]): number =>
      values.reduce<number>((all, each) => all + (each ?? 0), 0);
    const { ingestCounts } = await client.ask<{ ingestCounts: readonly { accepted: number; quarantined: number }[] }>(
      '{ ingestCounts(groupBy: [TOKEN, HOUR]) { accepted quarantined } }',
    );
    for (const count of ['accepted', 'quarantined'] as const) {
      const before = sum(rows<Record<typeof count, number>>('ingest_count').map((row) => row[count]));
      expect(sum(ingestCounts.map((row) => row[count]))).toBeGreaterThanOrEqual(before);
    }
    const { series } = await client.ask<{
      series: { series: readonly { points: readonly { value: number | null }[] }[] };
    }>('{ series(metrics: [SELECTED], resolution: HOUR) { series { points { value } } } }');
    const selected = rows<{ selected: number; resolution: string }>('current_count').filter(
      ({ resolution }) => resolution === 'hour',
    );
    expect(sum((series.series[0]?.points ?? []).map(({ value }) => value))).toBeGreaterThanOrEqual(
      sum(selected.map((row) => row.selected)),
    );
  });

  it('finds an event by its id, and why a Current skipped it', async () => {
    const { client, release } = upgraded();
    const { events } = release.secrets;
    if (!events) return;
    const { event } = await client.ask<{
      event: { deliveries: readonly { status: string; code: string; current: { id: string } }[] };
    }>(
      'query ($id: String!) { event(eventId: $id) { ... on StoredEvent { deliveries { status code current { id } } } } }',
      { id: events.skipped },
    );
    const [skip] = event.deliveries.filter(({ status }) => status === 'SKIPPED');
    expect(skip?.code).toBe('before_2010');
    const { skippedEvents } = await client.ask<{ skippedEvents: { nodes: readonly object[] } }>(
      'query ($id: ID!) { skippedEvents(filter: { currentId: $id, reason: "before_2010" }) { nodes { eventId } } }',
      { id: skip?.current.id },
    );
    expect(skippedEvents.nodes).toContainEqual({ eventId: events.skipped });
  });

  it('knows the browser that was signed in', async () => {
    const { apiUrl, release } = upgraded();
    const { consoleCookie } = release.secrets;
    if (consoleCookie === undefined) return;
    const answer = await fetch(`${apiUrl}/console/session`, { headers: { cookie: consoleCookie } });
    expect(answer.status).toBe(200);
  });

  it('answers a repeated mutation as before', async () => {
    const { apiUrl, release } = upgraded();
    const { repeated, adminToken } = release.secrets;
    if (!repeated) return;
    const again = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${adminToken}`,
        'content-type': 'application/json',
        'idempotency-key': repeated.key,
      },
      body: JSON.stringify({ query: repeated.query }),
    });
    expect(repeated.answer).toContain('"token":');
    expect(await again.text()).toBe(repeated.answer);
  });

  it('shows the notices that failed, and what is muted', async () => {
    const { client, rows } = upgraded();
    const failed = rows<{ state: string; failure_code: string }>('notice_message').filter(
      ({ state }) => state === 'failed',
    );
    const { notices, noticeMutes } = await client.ask<{
      notices: { nodes: readonly { deliveries: readonly { state: string; failureCode: string | null }[] }[] };
      noticeMutes: { nodes: readonly object[] };
    }>('{ notices { nodes { deliveries { state failureCode } } } noticeMutes { nodes { current { id } } } }');
    const deliveries = notices.nodes.flatMap((notice) => notice.deliveries);
    for (const { failure_code: failureCode } of failed)
      expect(deliveries).toContainEqual({ state: 'FAILED', failureCode });
    const muted = rows<{ current_id: number }>('notice_mute').map(({ current_id: id }) => ({
      current: { id: `cur_${id}` },
    }));
    expect(noticeMutes.nodes).toEqual(expect.arrayContaining(muted));
  });

  it('ignores an entry that is older than the exit of its member', async () => {
    const { sql, rows } = upgraded();
    // Of an old fixture, it is out of date.
    const [left] = await sql<
      { cohort_id: number; member: string; computed_at_ms: string }[]
    >`select * from cohort_tombstone`;
    if (!left) return;
    const leftAtMs = Number(left.computed_at_ms);
    const cohort = rows<{ id: number; partner: string; partner_id: string; name: string }>('cohort').find(
      ({ id }) => id === left.cohort_id,
    );
    const [key] = await sql<{ id: number }[]>`
      select id from import_key where partner = ${cohort?.partner ?? ''} and revoked_at is null`;
    if (!cohort || !key) throw new Error('expected the cohort that a member has left, and a key of its partner');
    const add = (members: readonly string[], computedAtMs: number) => ({
      kind: 'add' as const,
      cohort: { id: cohort.partner_id, name: cohort.name },
      members: members.map((externalId) => ({ externalId })),
      computedAtMs,
    });
    const former = left.member.slice(1);
    const changes = [add([former], leftAtMs - 1), add(['quinn'], leftAtMs + 1)];
    const stored = await storePush(
      { sql, onStored: () => undefined },
      { partner: cohort.partner, keyId: key.id, body: 'a late entry', parsed: { changes, refused: {} } },
    );
    expect(stored.outcome).toBe('stored');
    const members = await until(
      async () => {
        const [row] = await sql<{ set_id: string }[]>`select set_id from cohort where id = ${cohort.id}`;
        return sql<{ member: string }[]>`select member from ${sql(`member_set_${row?.set_id ?? ''}`)}`;
      },
      (all) => all.some(({ member }) => member === 'equinn'),
      60_000,
    );
    expect(members).not.toContainEqual({ member: left.member });
  });

  it('goes on with jobs of every kind that were half done', async () => {
    const { client, rows, release } = upgraded();
    const paused = rows<{ id: number; state: string; operation: string }>('job').filter(
      ({ state }) => state === 'paused',
    );
    const fields = 'id operation state result { __typename ... on UserDeletionResult { eventCount } }';
    for (const { id } of paused)
      await client.ask('mutation ($id: ID!) { resumeJob(input: { id: $id }) { __typename } }', { id: `job_${id}` });
    const ended = await until(
      async () => {
        const { jobs } = await client.ask<{
          jobs: { nodes: readonly { id: string; operation: string; state: string; result: object | null }[] };
        }>(`{ jobs(first: 200) { nodes { ${fields} } } }`);
        return jobs.nodes.filter((job) => paused.some(({ id }) => job.id === `job_${id}`));
      },
      (jobs) => jobs.every(({ state }) => !['PAUSED', 'QUEUED', 'RUNNING'].includes(state)),
      60_000,
    );
    expect(ended.filter(({ state, result }) => state !== 'DONE' || result === null)).toEqual([]);
    const { events } = release.secrets;
    if (!events) return;
    expect(ended).toContainEqual(
      expect.objectContaining({
        operation: 'DELETE_USER_DATA',
        result: expect.objectContaining({ eventCount: 1 }) as unknown,
      }),
    );
    const { event, userDeletions } = await client.ask<{
      event: { __typename: string };
      userDeletions: { nodes: readonly { finishedAt: string | null }[] };
    }>('query ($id: String!) { event(eventId: $id) { __typename } userDeletions { nodes { finishedAt } } }', {
      id: events.ofDeletedUser,
    });
    expect(event.__typename).toBe('EventNotFound');
    expect(userDeletions.nodes).toEqual([{ finishedAt: expect.any(String) as unknown }]);
  });
}
