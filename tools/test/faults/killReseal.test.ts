import { randomBytes } from 'node:crypto';
import { createSeal } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../endToEnd/until.js';
import { openApiHarness, type ApiHarness } from './apiHarness.js';

/** The master key is rotated, and the only process of the api is killed while a step of the job is under way. */

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const secretCount = 500;
const credentials = JSON.stringify({ kind: 'projectToken', token: '0123456789abcdef0123456789abcdef' });

let harness: ApiHarness;
beforeAll(async () => {
  harness = await openApiHarness({ masterKey: oldKey.toString('base64') });
}, 90_000);
afterAll(() => harness?.stop());

/** Kills the api as a crash would, and starts another with these keys. */
function restart(masterKey: Buffer, fallbacks: readonly Buffer[]): Promise<void> {
  return harness.restart({
    MASTER_KEY: masterKey.toString('base64'),
    MASTER_KEY_FALLBACKS: fallbacks.map((key) => key.toString('base64')).join(','),
  });
}

it('resealing goes on after a kill, and then the new key alone opens every secret', async () => {
  const { sql, client } = harness;
  const seal = createSeal(oldKey);
  const rows = await sql<{ id: number }[]>`
    insert into current (name, contact_email, destination, settings, selection)
    select 'c' || n, 'a@example.com', 'mixpanel', '{"region":"us"}', '{"eventTypes":[],"channels":[],"groups":["message"]}'
    from generate_series(1, ${secretCount}::int) n returning id`;
  const sealed = rows.map(({ id }) => ({ id, sealed: seal.seal(credentials, `current:${id}`).toString('hex') }));
  await sql`
    update current c set credentials = decode(v.sealed, 'hex')
    from json_to_recordset(${JSON.stringify(sealed)}::text::json) as v (id int, sealed text) where c.id = v.id`;
  await restart(newKey, [oldKey]);

  // The order of the steps is that of the texts: the first has 200 secrets, and the second meets a row that is locked.
  const inOrder = rows.map(({ id }) => `current:${id}`).sort();
  const locked = Number(inOrder[300]?.slice('current:'.length));
  await sql.begin(async (tx) => {
    await tx`select from current where id = ${locked} for update`;
    const { resealSecrets } = await client().ask<{ resealSecrets: { job: { id: string } } }>(
      'mutation { resealSecrets(input: { dryRun: false }) { ... on ResealSecretsPayload { job { id } } } }',
    );
    expect(resealSecrets.job.id).toBe('job_1');
    await until(
      () => sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ({ length }) => length === 1,
      30_000,
    );
    await harness.kill();
  });
  // Of the second step, nothing is kept.
  const under = (key: Buffer) => sql<{ n: number }[]>`
    select count(*)::int as n from current where substring(credentials from 2 for 8) = ${createSeal(key).keyId}`;
  expect(await under(newKey)).toEqual([{ n: 200 }]);

  // As when the lease of the killed process has ended.
  await sql`update job set due_at = now()`;
  await restart(newKey, [oldKey]);
  const job = await until(
    async () =>
      (
        await client().ask<{ job: { state: string; result: object | null } }>(
          '{ job(id: "job_1") { state result { ... on ResealResult { resealedCount unreadableCount } } } }',
        )
      ).job,
    ({ state }) => state !== 'RUNNING' && state !== 'QUEUED',
    30_000,
  );
  // Beside them, the value that a start checks its key by.
  expect(job).toEqual({ state: 'DONE', result: { resealedCount: secretCount + 1, unreadableCount: 0 } });

  await restart(newKey, []);
  const metrics = await (await fetch(`${harness.url()}/metrics`)).text();
  expect(metrics).toContain('\ncurrents_secrets_under_previous_key 0\n');
  const newOnly = createSeal(newKey);
  for (const { id, value } of await sql<{ id: number; value: Buffer }[]>`select id, credentials as value from current`)
    expect(newOnly.open(value, `current:${id}`)).toBe(credentials);
}, 120_000);
