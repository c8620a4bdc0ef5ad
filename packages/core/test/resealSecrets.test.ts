import { randomBytes } from 'node:crypto';
import {
  checkMasterKey,
  createSeal,
  findJobs,
  getCurrent,
  startJobRunner,
  type Admin,
  type Seal,
} from '@currents/core';
import { sql as query } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createJob, isFinished } from '../src/jobs/jobs.js';
import { isUsable, loadCurrent } from '../src/loadCurrent.js';
import { nothingResealed, resealStep, type ResealProgress } from '../src/jobs/resealStep.js';
import { countUnderOtherKeys } from '../src/secrets/sealedColumns.js';
import { openCoreHarness, type CoreHarness } from './admin/coreHarness.js';
import { until } from './deliveryHarness.js';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const [oldOnly, newOnly] = [createSeal(oldKey), createSeal(newKey)];
const currentCount = 450;
/** Those of the second job are so many that their base64 has several lines. */
const foundIds = [
  [{ kind: 'e', id: 'ann' }],
  Array.from({ length: 50 }, (_, index) => ({ kind: 'd', id: `device-${index}` })),
];
const webhookSecrets = ['whsec_former', 'whsec_present'];
/** All sealed values: of the Currents, a rotation, an answer, the jobs, a webhook, and the check of the key. */
const sealedCount = currentCount + 2 + foundIds.length + webhookSecrets.length + 1;

let harness: CoreHarness;
let both: Admin;

beforeAll(async () => {
  harness = await openCoreHarness();
  await checkMasterKey(harness.databaseUrl, oldOnly, { replace: false });
  const { seal } = await checkMasterKey(harness.databaseUrl, createSeal(newKey, [oldKey]), { replace: false });
  both = harness.open({ seal });
  const { sql } = harness;
  const rows = await sql<{ id: number }[]>`
    insert into current (name, contact_email, destination, settings, selection)
    select 'c' || n, 'a@example.com', 'fake', '{"region":"here"}', '{"eventTypes":[],"channels":[],"groups":["message"]}'
    from generate_series(1, ${currentCount}::int) n returning id`;
  for (const { id } of rows)
    await sql`update current set credentials = ${oldOnly.seal('{"key":"k"}', `current:${id}`)} where id = ${id}`;
  const first = rows[0]?.id ?? 0;
  await sql`
    insert into credential_rotation (current_id, state, credentials)
    values (${first}, 'staged', ${oldOnly.seal('{"key":"next"}', `current:${first}`)})`;
  await sql`insert into admin_token (hash) values (${randomBytes(32)})`;
  await sql`
    insert into idempotency_key (admin_token_id, key, mutation, request_hash, state, answer)
    select id, 'a key', 'createCurrent', ${randomBytes(32)}, 'completed', ${oldOnly.seal('an answer', 'idempotency:1:a key')} from admin_token`;
  const [former, present] = webhookSecrets.map((secret) => oldOnly.seal(secret, 'notice_webhook:1'));
  await sql`
    insert into notice_webhook (url, secret, former_secret, former_until)
    values ('https://example.com', ${present ?? null}, ${former ?? null}, now() + interval '1 day')`;
  // Ids that a job has found are sealed in its progress. Two jobs have the same context.
  for (const ids of foundIds) {
    const sealed = oldOnly.seal(JSON.stringify(ids), 'repeat_user_deletions').toString('base64');
    const progress = { search: { place: 'batches' }, idCount: ids.length, sealed };
    await sql`
      insert into job (operation, state, input, progress)
      values ('repeat_user_deletions', 'paused', '{"isDryRun":true}', ${JSON.stringify(progress)}::text::jsonb)`;
  }
});
afterAll(() => harness.close());

const left = (seal: Seal) => countUnderOtherKeys(both.db, seal);
const isReadable = async (seal: Seal): Promise<boolean> => {
  const loaded = await loadCurrent(harness.sql, 1, { ...both, seal });
  return loaded !== undefined && isUsable(loaded);
};

it('all is under another key before, and a start without that key is refused', async () => {
  expect(await left(both.seal)).toBe(sealedCount);
  expect(await isReadable(both.seal)).toBe(true);
  await expect(checkMasterKey(harness.databaseUrl, newOnly, { replace: false })).rejects.toThrow('MASTER_KEY is not');
});

it('goes on after its process has died in a step, and the old key is needed until the end', async () => {
  const job = await createJob(both, 'reseal_secrets', { isDryRun: false }, undefined);
  const progress: ResealProgress[] = [];
  const save = async (tx: unknown, next: ResealProgress): Promise<void> => {
    progress.push(next);
    const saved = JSON.stringify(next);
    await (tx as { execute(query: unknown): Promise<unknown> }).execute(
      query`update job set state = 'running', progress = ${saved}::jsonb, due_at = now() where id = ${Number(job.id)}`,
    );
  };
  const next = await resealStep(both, nothingResealed, save);
  expect(next).toMatchObject({ resealedCount: 200, column: 0 });
  // The process dies in the second step: nothing of it is kept.
  const dying = resealStep(both, next as ResealProgress, () => Promise.reject(new Error('killed')));
  await expect(dying).rejects.toThrow('killed');
  expect(await left(both.seal)).toBe(sealedCount - 200);
  await expect(checkMasterKey(harness.databaseUrl, newOnly, { replace: false })).rejects.toThrow('MASTER_KEY is not');
  const runner = startJobRunner({ admin: both, log: { warn: () => undefined, error: () => undefined } });
  const [ended] = await until(
    () => findJobs(both, [job.id]),
    ([view]) => view !== undefined && isFinished(view),
  );
  await runner.stop();
  expect(ended).toMatchObject({ state: 'done', result: { resealedCount: sealedCount, unreadableCount: 0 } });
  expect(await left(both.seal)).toBe(0);
});

it('afterwards the new key alone opens everything, and fingerprints are as before', async () => {
  const { seal } = await checkMasterKey(harness.databaseUrl, newOnly, { replace: false });
  expect(await isReadable(seal)).toBe(true);
  const [row] = await harness.sql<{ answer: Buffer }[]>`select answer from idempotency_key`;
  expect(seal.open(row?.answer ?? Buffer.alloc(0), 'idempotency:1:a key')).toBe('an answer');
  const jobs = await harness.sql<{ progress: { idCount: number; sealed: string } }[]>`
    select progress from job where operation = 'repeat_user_deletions' order by id`;
  expect(
    jobs.map(
      ({ progress }) =>
        JSON.parse(seal.open(Buffer.from(progress.sealed, 'base64'), 'repeat_user_deletions')) as object,
    ),
  ).toEqual(foundIds);
  const [webhook] = await harness.sql<{ secret: Buffer; former_secret: Buffer }[]>`
    select secret, former_secret from notice_webhook`;
  expect(
    [webhook?.former_secret, webhook?.secret].map((sealed) => newOnly.open(sealed ?? Buffer.of(), 'notice_webhook:1')),
  ).toEqual(webhookSecrets);
  expect(jobs.map(({ progress }) => [progress.idCount, progress.sealed.includes('\n')])).toEqual([
    [1, false],
    [50, false],
  ]);
  expect(seal.fingerprint('an account')).toEqual(oldOnly.fingerprint('an account'));
  expect(seal.fingerprint('an account')).not.toEqual(newOnly.fingerprint('an account'));
  expect(await getCurrent(harness.open({ seal }), '1')).toMatchObject({
    version: 1,
    credentialRotation: { credentials: { fields: ['key'] } },
  });
  await expect(checkMasterKey(harness.databaseUrl, oldOnly, { replace: false })).rejects.toThrow('MASTER_KEY is not');
});

it('leaves what no key opens as it is, and counts it', async () => {
  await harness.sql`update current set credentials = ${createSeal(randomBytes(32)).seal('{}', 'current:2')} where id = 2`;
  const before = await harness.sql`select credentials from current where id = 2`;
  const runner = startJobRunner({ admin: both, log: { warn: () => undefined, error: () => undefined } });
  const job = await runner.create('reseal_secrets', { isDryRun: false }, undefined);
  const [ended] = await until(
    () => findJobs(both, [job.id]),
    ([view]) => view !== undefined && isFinished(view),
  );
  await runner.stop();
  expect(ended).toMatchObject({ state: 'done', result: { resealedCount: 0, unreadableCount: 1 } });
  expect(await harness.sql`select credentials from current where id = 2`).toEqual(before);
});
