import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from '@currents/core';
import { buildSchema, isEnumType } from 'graphql';
import { expect, it } from 'vitest';
import { startProgram } from '../../src/hub/program.js';
import { installRelease } from '../../src/release/installRelease.js';
import { lastKeptVersion } from '../../src/release/keptReleases.js';
import { askEveryList } from './everyList.js';

/** A hub of this release with rows in every table. */
export interface FilledHub {
  readonly sql: Sql;
  readonly apiUrl: string;
  readonly adminToken: string;
  readonly environment: Readonly<Record<string, string>>;
}

const sdlOf = (folder: string): string => readFileSync(join(folder, 'schema.graphql'), 'utf8');
const presentSdl = sdlOf(join(import.meta.dirname, '../../../apps/api'));

/** What of this release the last one cannot list, as docs/operations/upgrade.md says. */
const unreadable: Readonly<Record<string, readonly string[]>> = { '0.1.0': ['auditLog', 'notices'] };

/** The columns with words that no constraint names. */
const openColumns = [
  ['audit_entry', 'action'],
  ['audit_entry', 'result'],
  ['audit_entry', 'target_id'],
  ['cohort', 'partner'],
  ['current', 'destination'],
  ['current_warning', 'code'],
  ['dead_letter', 'code'],
  ['import_key', 'partner'],
  ['ledger_difference', 'quantity'],
  ['notice', 'kind'],
  ['notice', 'subject'],
  ['segment_sync', 'destination'],
] as const;

/** Adds tests of what the last release and this one show of rows of a release after them. The last ones: they alter all rows. */
export function describeOtherReleases(filled: () => FilledHub): void {
  it('is listed by the last release, too', async () => {
    const { sql, environment, adminToken } = filled();
    await sql`
      insert into notice (kind, severity, subject, episode, is_alarm, message, remedy) values
        ('segment_sync_blocked', 'critical', 'SegmentSync:1', 'a test', false, 'It is blocked.', 'Repair it.')`;
    await sql`
      insert into audit_entry (action, result, succeeded) values ('createSegmentSync', 'CreateSegmentSyncPayload', true)`;
    const former = await installRelease(lastKeptVersion());
    const folder = former.folderOf('api');
    const api = await startProgram('api', { environment: { ...environment, API_PORT: '0' }, folder });
    try {
      const { failures } = await askEveryList(api.url, adminToken, sdlOf(folder), await argumentsFor(sql));
      expect(Object.keys(failures), JSON.stringify(failures)).toEqual(unreadable[former.version] ?? []);
    } finally {
      await api.stop();
    }
  }, 180_000);

  it('is listed with words that a later release has stored, as UNKNOWN', async () => {
    const { sql, apiUrl, adminToken } = filled();
    const given = await argumentsFor(sql);
    await storeLaterWords(sql);
    const { failures, unknown } = await askEveryList(apiUrl, adminToken, presentSdl, given);
    expect(failures).toEqual({});
    const enums = Object.values(buildSchema(presentSdl).getTypeMap()).filter(
      (type) => isEnumType(type) && type.getValues().some(({ name }) => name === 'UNKNOWN'),
    );
    expect(unknown).toEqual(enums.map(({ name }) => name).sort());
  }, 120_000);
}

/** The arguments of the queries that need some, for a hub that has a row of everything. */
async function argumentsFor(sql: Sql): Promise<Readonly<Record<string, string>>> {
  const [row] = await sql<Record<'current' | 'segment' | 'rotated' | 'sync' | 'webhook' | 'cohort', number>[]>`
    select (select min(current_id) from dead_letter) as current, (select min(segment_id) from segment_change) as segment,
      (select min(current_id) from credential_rotation where test_outcome is not null) as rotated,
      (select min(id) from segment_sync) as sync, (select min(id) from segment_webhook) as webhook,
      (select min(cohort_id) from cohort_sync) as cohort`;
  return {
    deadLetterGroups: `(currentId: "cur_${row?.current}")`,
    cohort: `(id: "coh_${row?.cohort}")`,
    current: `(id: "cur_${row?.rotated}")`,
    segmentSync: `(id: "ssy_${row?.sync}")`,
    segmentWebhook: `(id: "whk_${row?.webhook}")`,
    segmentChanges: `(segmentId: "seg_${row?.segment}", since: "2026-01-01T00:00:00Z", first: 20)`,
    series: '(metrics: [SELECTED], resolution: HOUR)',
  };
}

/** Stores a word that no release knows in the place of each word, of states, kinds, names and codes: `later_live` for `live`. */
async function storeLaterWords(sql: Sql): Promise<void> {
  const checks = await sql<{ table: string; name: string; column: string | null }[]>`
    select conrelid::regclass::text as table, conname as name,
      substring(pg_get_constraintdef(oid) from '([a-z_]+) = ANY') as column
    from pg_constraint
    where contype = 'c' and connamespace = 'public'::regnamespace and conparentid = 0 and coninhcount = 0`;
  for (const { table, name } of checks) await sql`alter table ${sql(table)} drop constraint ${sql(name)}`;
  const columns = [
    ...checks.flatMap(({ table, column }) => (column === null ? [] : [[table, column] as const])),
    ...openColumns,
  ];
  // What no row of a hub at rest has.
  await sql`update segment_sync set walk = 'all'`;
  await sql`update cohort_pull set failure_code = 'a_test', failed_at = now(), failure_recovery = 'manual'`;
  await sql`update quarantine_batch set codes = (select array_agg('later_' || code) from unnest(codes) code)`;
  for (const [table, column] of columns) {
    // What is deleted is not listed, and the token that asks keeps its role.
    const kept = table === 'admin_token' ? sql`id = 1` : sql`${sql(column)} = 'deleted'`;
    await sql`update ${sql(table)} set ${sql(column)} = 'later_' || ${sql(column)} where not (${kept})`;
  }
}
