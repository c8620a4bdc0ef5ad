import {
  createAdminToken,
  createAdminTokenIn,
  createIngestToken,
  ensureAdminToken,
  listAdminTokens,
  listIngestTokens,
  provideAdminToken,
  revokeAdminToken,
  revokeIngestToken,
  watchAdminTokens,
  watchIngestTokens,
  type NewAdminToken,
  type IngestTokenCreated,
} from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../deliveryHarness.js';
import { openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
beforeAll(async () => void (harness = await openCoreHarness()));
afterAll(() => harness.close());

async function make(name: string): Promise<IngestTokenCreated> {
  const made = await createIngestToken(harness.admin, name);
  if (made.kind !== 'IngestTokenCreated') throw new Error(made.message);
  return made;
}

async function makeAdmin(given: Partial<NewAdminToken> = {}) {
  const made = await createAdminToken(harness.admin, { name: 'terraform', role: 'admin', ...given });
  if (made.kind !== 'AdminTokenCreated') throw new Error(made.message);
  return made;
}

describe('ingest tokens', () => {
  it('are shown once and stored only as a hash', async () => {
    const { token, ingestToken } = await make('Braze EU');
    expect(token).toMatch(/^cur_ingest_[\w-]{43}$/);
    expect(ingestToken).toMatchObject({
      name: 'Braze EU',
      hint: `…${token.slice(-4)}`,
      lastUsedAt: undefined,
      revokedAt: undefined,
    });
    const [row] = await harness.sql<
      { row: string }[]
    >`select t::text as row from ingest_token t where name = 'Braze EU'`;
    expect(row?.row).not.toContain(token.slice(-8));
    expect(JSON.stringify(await listIngestTokens(harness.admin, { first: 200 }))).not.toContain(token.slice(-8));
  });

  it('are valid from creation until revocation, several at the same time', async () => {
    const watched = await watchIngestTokens(harness.sql, () => undefined);
    const [one, two] = [await make('One'), await make('Two')];
    expect((await watched.check(one.token))?.id).toBe(Number(one.ingestToken.id));
    expect((await watched.check(two.token))?.id).toBe(Number(two.ingestToken.id));
    await revokeIngestToken(harness.admin, one.ingestToken.id, 'One');
    await until(
      () => watched.check(one.token),
      (valid) => valid === undefined,
    );
    expect((await watched.check(two.token))?.id).toBe(Number(two.ingestToken.id));
    await watched.stop();
  });

  it('have unique names while they are valid', async () => {
    const { ingestToken } = await make('Taken');
    expect(await createIngestToken(harness.admin, ' TAKEN ')).toMatchObject({
      kind: 'NameTaken',
      ownerId: ingestToken.id,
    });
    await revokeIngestToken(harness.admin, ingestToken.id, 'Taken');
    expect(await createIngestToken(harness.admin, 'Taken')).toMatchObject({ kind: 'IngestTokenCreated' });
    expect(await createIngestToken(harness.admin, '')).toMatchObject({
      kind: 'InputInvalid',
      problems: [{ path: ['name'] }],
    });
  });

  it('are revoked by id and name, and a second revocation changes nothing', async () => {
    const { ingestToken } = await make('Named');
    expect(await revokeIngestToken(harness.admin, ingestToken.id, 'named')).toMatchObject({ kind: 'NotConfirmed' });
    const once = await revokeIngestToken(harness.admin, ingestToken.id, 'Named');
    expect(once).toMatchObject({ kind: 'IngestToken', revokedAt: expect.any(Date) });
    expect(await revokeIngestToken(harness.admin, ingestToken.id, 'Named')).toEqual(once);
    expect(await revokeIngestToken(harness.admin, '12345', 'Named')).toMatchObject({ kind: 'TokenNotFound' });
    expect(await revokeIngestToken(harness.admin, 'x', 'Named')).toMatchObject({ kind: 'TokenNotFound' });
  });

  it('are listed newest first, page by page, revoked ones on request', async () => {
    const { ingestToken } = await make('Listed');
    await revokeIngestToken(harness.admin, ingestToken.id, 'Listed');
    const names = async (revoked: boolean) => {
      const seen: string[] = [];
      for (let after: string | undefined, more = true; more; more = after !== undefined) {
        const page = await listIngestTokens(harness.admin, { first: 2, after }, { includeRevoked: revoked });
        seen.push(...page.nodes.map(({ name }) => name));
        after = page.nextCursor;
      }
      return seen;
    };
    expect((await names(true))[0]).toBe('Listed');
    expect(await names(false)).not.toContain('Listed');
    expect(await names(false)).toContain('sender');
  });
});

describe('admin tokens', () => {
  it('start with one token, which is created once when several processes start together', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => ensureAdminToken(harness.admin)));
    expect(made.filter((token) => token !== undefined)).toHaveLength(1);
    expect(made.find((token) => token !== undefined)).toMatch(/^cur_admin_[\w-]{43}$/);
    expect(await ensureAdminToken(harness.admin)).toBeUndefined();
  });

  it('rotate: a new token is valid beside the old one until the old one is revoked', async () => {
    const watched = await watchAdminTokens(harness.sql, () => undefined);
    const [old, fresh] = [await makeAdmin(), await makeAdmin({ role: 'operator' })];
    expect(await watched.check(old.token)).toEqual({ id: old.adminToken.id, role: 'admin' });
    expect(await watched.check(fresh.token)).toEqual({ id: fresh.adminToken.id, role: 'operator' });
    expect(await revokeAdminToken(harness.admin, old.adminToken.id, fresh.adminToken.id)).toMatchObject({
      kind: 'NotConfirmed',
    });
    expect(await revokeAdminToken(harness.admin, old.adminToken.id, old.adminToken.id)).toMatchObject({
      kind: 'AdminToken',
      revokedAt: expect.any(Date),
    });
    // At once, and not only when the notification has come.
    expect(await watched.check(old.token)).toBeUndefined();
    expect(await watched.check(fresh.token)).toEqual({ id: fresh.adminToken.id, role: 'operator' });
    expect(await watched.check(`${fresh.token} `)).toBeUndefined();
    expect(await revokeAdminToken(harness.admin, '99999', '99999')).toMatchObject({ kind: 'TokenNotFound' });
    await watched.stop();
  });

  it('end at their time, by the database’s clock', async () => {
    const watched = await watchAdminTokens(harness.sql, () => undefined);
    const { token, adminToken } = await makeAdmin({ expiresAt: new Date(Date.now() + 60_000) });
    expect(await watched.check(token)).toEqual({ id: adminToken.id, role: 'admin' });
    await harness.sql`update admin_token set expires_at = now() where id = ${adminToken.id}`;
    expect(await watched.check(token)).toBe('expired');
    await watched.stop();
  });

  it('have a name, and a time to end that has not passed', async () => {
    expect(
      await createAdminToken(harness.admin, { name: ' ', role: 'viewer', expiresAt: new Date(Date.now() - 1) }),
    ).toMatchObject({
      kind: 'InputInvalid',
      problems: [
        { path: ['name'], code: 'required' },
        { path: ['expiresAt'], code: 'out_of_range' },
      ],
    });
  });

  it('are all listed, page by page', async () => {
    await harness.sql`
      insert into admin_token (name, role, hash) select 'many', 'viewer', sha256(i::text::bytea) from generate_series(1, 450) i`;
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await listAdminTokens(harness.admin, { first: 200, after });
      seen.push(...page.nodes.map(({ id }) => id));
      after = page.nextCursor;
    }
    const [{ count }] = await harness.sql<[{ count: number }]>`select count(*)::int as count from admin_token`;
    expect(new Set(seen).size).toBe(count);
    expect(count).toBeGreaterThan(450);
    await harness.sql`delete from admin_token where name = 'many'`;
  });

  it('of a lower role, or that end before, do not count as the last one that can let others in', async () => {
    const { adminToken } = await makeAdmin();
    await harness.sql`update admin_token set revoked_at = now() where id <> ${adminToken.id}`;
    const viewer = await makeAdmin({ role: 'viewer' });
    const expired = await makeAdmin({ expiresAt: new Date(Date.now() + 60_000) });
    await harness.sql`update admin_token set expires_at = now() where id = ${expired.adminToken.id}`;
    const revoke = ({ id }: { readonly id: string }) => revokeAdminToken(harness.admin, id, id);
    expect(await revoke(adminToken)).toMatchObject({ kind: 'LastAdminToken' });
    expect(await revoke(viewer.adminToken)).toMatchObject({ kind: 'AdminToken' });
    expect(await revoke(expired.adminToken)).toMatchObject({ kind: 'AdminToken' });
    expect(await ensureAdminToken(harness.admin)).toBeUndefined();
  });

  it('cannot all be revoked: when two admins revoke the last two at once, one is refused', async () => {
    for (const { id, revokedAt } of (await listAdminTokens(harness.admin, { first: 50 })).nodes)
      if (!revokedAt) await revokeAdminToken(harness.admin, id, id);
    await makeAdmin();
    const [a, b] = (await listAdminTokens(harness.admin, { first: 50 })).nodes.filter(({ revokedAt }) => !revokedAt);
    const both = await Promise.all(
      [a, b].map((token) => revokeAdminToken(harness.admin, token?.id ?? '', token?.id ?? '')),
    );
    expect(both.map(({ kind }) => kind).sort()).toEqual(['AdminToken', 'LastAdminToken']);
  });

  it('are recreated at the next start after an operator has revoked all of them in the database', async () => {
    await harness.sql`update admin_token set revoked_at = now()`;
    expect(await ensureAdminToken(harness.admin)).toMatch(/^cur_admin_/);
  });

  it('that are not made over the API are in the audit log, and so is the one that another of the environment replaces', async () => {
    const { admin, databaseUrl, sql } = harness;
    await sql`update admin_token set revoked_at = now()`;
    await ensureAdminToken(admin);
    const [one, two] = [`cur_admin_${'1'.repeat(43)}`, `cur_admin_${'2'.repeat(43)}`];
    for (const token of [one, one, two, two, one]) await provideAdminToken(admin, 'ADMIN_TOKEN', token);
    const made = await createAdminTokenIn(databaseUrl, { name: 'by hand', role: 'operator' });
    await createAdminTokenIn(databaseUrl, { name: '', role: 'operator' });
    const [{ id = 0 } = {}] = await sql<{ id: number }[]>`select max(id) as id from admin_token`;
    expect(made).toMatchObject({ kind: 'AdminTokenCreated', adminToken: { id: String(id) } });
    const entries = await sql`
      select action, actor, target_id, arguments, result from audit_entry where succeeded
      order by id desc limit 5`;
    const entry = (action: 'create' | 'revoke', target: number, name: string, role: string, reason: string) => ({
      action: `${action}AdminToken`,
      actor: 'system',
      target_id: `adm_${target}`,
      arguments: { name, role, reason },
      result: `${action === 'create' ? 'Create' : 'Revoke'}AdminTokenPayload`,
    });
    expect([...entries]).toEqual([
      entry('create', id, 'by hand', 'operator', 'command'),
      entry('revoke', id - 2, 'ADMIN_TOKEN', 'admin', 'environment'),
      entry('create', id - 1, 'ADMIN_TOKEN', 'admin', 'environment'),
      entry('create', id - 2, 'ADMIN_TOKEN', 'admin', 'environment'),
      entry('create', id - 3, 'first token', 'admin', 'first_token'),
    ]);
  });
});
