import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cancelImportKeyRevocation,
  createImportKey,
  deleteImportPartner,
  revokeImportKey,
  listImportKeys,
  listImportPartners,
  createImportPartner,
  watchImportKeys,
  type ImportKeys,
} from '@currents/core';
import { until } from '../deliveryHarness.js';
import { add, openInbox, users, type Inbox } from './cohortHarness.js';

let inbox: Inbox;
let importKeys: ImportKeys;
let admin: { readonly db: Inbox['db']; readonly connectors: ReadonlyMap<string, never> };
beforeAll(async () => {
  inbox = await openInbox();
  admin = { db: inbox.db, connectors: new Map<string, never>() };
  importKeys = await watchImportKeys(inbox.sql, (error) => void console.error(error));
  await createImportPartner(admin, 'segment');
  await createImportPartner(admin, 'heap');
});
afterAll(async () => {
  await importKeys.stop();
  await inbox.close();
});

const make = async (name: string, partner = 'segment') => {
  const made = await createImportKey(admin, { partner, name });
  if (made.kind !== 'ImportKeyCreated') throw new Error(made.message);
  return { key: made.key, id: made.importKey.id };
};

describe('a data import key', () => {
  it('is valid at once, for its partner only, and is stored only as a hash', async () => {
    const { key, id } = await make('fresh');
    expect(await importKeys.check('segment', key)).toBe(Number(id));
    expect(await importKeys.check('heap', key)).toBeUndefined();
    expect(await importKeys.check('segment', `${key}x`)).toBeUndefined();
    const rows = await inbox.sql`select * from import_key`;
    expect(JSON.stringify(rows)).not.toContain(key);
    await until(
      () => listImportKeys(admin, { first: 10 }),
      ({ nodes }) => nodes.find((node) => node.id === id)?.lastUsedAt !== undefined,
    );
  });

  it('is returned with the endpoints to paste into the partner’s form', async () => {
    const made = await createImportKey(admin, { partner: 'heap', name: 'pasted' });
    expect(made).toMatchObject({
      partner: { endpoints: [{ path: '/partners/heap/cohorts' }, { path: '/partners/heap/cohorts/users' }] },
    });
  });

  it('is refused right after its revocation, also by processes that have cached it', async () => {
    const { key, id } = await make('spent');
    const other = await watchImportKeys(inbox.sql, () => undefined);
    expect(await other.check('segment', key)).toBe(Number(id));
    expect(await revokeImportKey(admin, id, { confirmName: 'nonsense' })).toMatchObject({ kind: 'NotConfirmed' });
    expect(await revokeImportKey(admin, id, { confirmName: 'spent' })).toMatchObject({
      kind: 'ImportKey',
      isValid: false,
    });
    await until(
      () => other.check('segment', key),
      (found) => found === undefined,
    );
    expect(await inbox.push([add(users(1))], { partner: 'segment', keyId: Number(id) })).toMatchObject({
      outcome: 'unauthorised',
    });
    await other.stop();
  });

  it('stays valid next to its successor until the given time, by the clock of the database', async () => {
    const [old, next] = [await make('rotated'), await make('rotated anew')];
    const [clock] = await inbox.sql<
      [{ at: Date }]
    >`select date_trunc('second', clock_timestamp()) + interval '2 seconds' as at`;
    expect(await revokeImportKey(admin, old.id, { confirmName: 'rotated', at: clock.at })).toMatchObject({
      isValid: true,
      revokedAt: clock.at,
    });
    // Its name is already free.
    expect((await make('rotated')).id).not.toBe(old.id);
    for (;;) {
      // The clock is read before and after the check; a check across the deadline proves nothing.
      const [before] = await inbox.sql<[{ past: boolean }]>`select clock_timestamp() >= ${clock.at} as past`;
      const found = await importKeys.check('segment', old.key);
      const stored = await inbox.push([add(users(1))], { partner: 'segment', keyId: Number(old.id) });
      const [after] = await inbox.sql<[{ past: boolean }]>`select clock_timestamp() >= ${clock.at} as past`;
      if (!after.past) expect([found, stored.outcome]).toEqual([Number(old.id), 'stored']);
      if (before.past) expect([found, stored.outcome]).toEqual([undefined, 'unauthorised']);
      if (before.past) break;
    }
    expect(await importKeys.check('segment', next.key)).toBe(Number(next.id));
    const shown = (await listImportKeys(admin, { first: 50 }, { partner: 'segment' })).nodes.map(({ id }) => id);
    expect(shown).not.toContain(old.id);
    expect(
      (await listImportKeys(admin, { first: 50 }, { partner: 'segment', includeRevoked: true })).nodes.map(
        ({ id }) => id,
      ),
    ).toContain(old.id);
    expect(await cancelImportKeyRevocation(admin, old.id, 'rotated')).toMatchObject({
      kind: 'ImportKeyAlreadyRevoked',
    });
  });

  it('stays valid when its scheduled revocation is cancelled', async () => {
    const { key, id } = await make('kept');
    await revokeImportKey(admin, id, { confirmName: 'kept', at: new Date(Date.now() + 3_600_000) });
    expect(await cancelImportKeyRevocation(admin, id, 'kept')).toMatchObject({
      isValid: true,
      revokedAt: undefined,
    });
    expect(await importKeys.check('segment', key)).toBe(Number(id));
  });

  it('is not created with the name of another valid key of the partner, or for an unknown partner', async () => {
    const { id } = await make('Twice');
    expect(await createImportKey(admin, { partner: 'segment', name: 'twice' })).toMatchObject({
      kind: 'NameTaken',
      ownerId: id,
    });
    expect(await createImportKey(admin, { partner: 'heap', name: 'twice' })).toMatchObject({
      kind: 'ImportKeyCreated',
    });
    expect(await createImportKey(admin, { partner: 'unknown', name: 'x' })).toMatchObject({
      kind: 'ImportPartnerNotFound',
      known: ['heap', 'segment'],
    });
    expect(await createImportKey(admin, { partner: 'heap', name: ' ' })).toMatchObject({ kind: 'InputInvalid' });
  });
});

describe('a partner', () => {
  it.each(['', 'Heap', '1st', 'a/b', 'a'.repeat(41)])('is not created with the name %j', async (name) => {
    expect(await createImportPartner(admin, name)).toMatchObject({ kind: 'InputInvalid' });
  });

  it('is created once', async () => {
    expect(await createImportPartner(admin, 'heap')).toMatchObject({ kind: 'ImportPartnerExists' });
    expect(
      (await listImportPartners(admin, { first: 10 })).nodes.map(({ name, isBuiltIn }) => [name, isBuiltIn]),
    ).toEqual([
      ['heap', false],
      ['segment', false],
    ]);
  });

  it('can be deleted once none of its keys is valid, and created again', async () => {
    await createImportPartner(admin, 'typo');
    const { key, id } = await make('typed', 'typo');
    expect(await deleteImportPartner(admin, 'typo')).toMatchObject({ kind: 'ImportPartnerInUse' });
    await revokeImportKey(admin, id, { confirmName: 'typed', at: new Date(Date.now() + 3_600_000) });
    expect(await deleteImportPartner(admin, 'typo')).toMatchObject({ kind: 'ImportPartnerInUse' });
    await revokeImportKey(admin, id, { confirmName: 'typed' });
    expect(await deleteImportPartner(admin, 'typo')).toMatchObject({ kind: 'ImportPartner', name: 'typo' });
    expect(await deleteImportPartner(admin, 'typo')).toMatchObject({ kind: 'ImportPartnerNotFound' });
    await createImportPartner(admin, 'typo');
    await until(
      () => importKeys.check('typo', key),
      (found) => found === undefined,
    );
    await deleteImportPartner(admin, 'typo');
  });
});
