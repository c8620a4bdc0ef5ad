import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { checkName, unlessNameTaken } from '../admin/name.js';
import { boundOf, rowId, storable, type Page, type PageRequest } from '../admin/page.js';
import { inputInvalid, notConfirmed } from '../admin/problem.js';
import type { InputInvalid, NameTaken, NotConfirmed, Problem } from '../admin/problem.js';
import { importKey } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import { findImportPartner, isNotRevoked, type ImportPartner, type ImportPartnerNotFound } from './partners.js';

/**
 * A key that authenticates a partner's cohort pushes. A partner may have any number of valid ones. `hint` is its last
 * four characters; `isValid` says whether it is accepted now, by the database's clock.
 */
export type ImportKeyView = Readonly<ReturnType<typeof importKeyViewOf>>;

/** A new key in plain text: only its hash is stored. */
export interface ImportKeyCreated {
  readonly kind: 'ImportKeyCreated';
  readonly key: string;
  readonly importKey: ImportKeyView;
  readonly partner: ImportPartner;
}

export type ImportKeyNotFound = Problem<'ImportKeyNotFound'>;

/** A revocation that has taken effect can be neither moved nor cancelled. */
export type ImportKeyAlreadyRevoked = Problem<'ImportKeyAlreadyRevoked', { revokedAt: Date }>;

const { hash: _hash, ...shown } = getTableColumns(importKey);
const columns = { ...shown, isValid: sql<boolean>`${isNotRevoked}` };
type Row = Omit<typeof importKey.$inferSelect, 'hash'> & { readonly isValid: boolean };

export async function createImportKey(
  admin: Pick<Admin, 'db' | 'connectors'>,
  { partner, name: given }: { readonly partner: string; readonly name: string },
): Promise<ImportKeyCreated | InputInvalid | NameTaken | ImportPartnerNotFound> {
  const found = await findImportPartner(admin, partner);
  if (found.kind === 'ImportPartnerNotFound') return found;
  const name = checkName(given);
  if ('problem' in name) return inputInvalid([name.problem]);
  const key = makeToken('import');
  return unlessNameTaken(admin.db, name.value, namesOf(found.name, name.value), async () => {
    const [row] = await admin.db
      .insert(importKey)
      .values({ partner: found.name, name: name.value, hash: hashToken(key), hint: `…${key.slice(-4)}` })
      .returning(columns);
    return { kind: 'ImportKeyCreated', key, importKey: importKeyViewOf(row as Row), partner: found };
  });
}

function namesOf(partner: string, name: string) {
  return {
    table: importKey,
    index: 'import_key_name',
    isUnique: and(eq(importKey.partner, partner), isNull(importKey.revokedAt)),
    ownerType: 'ImportKey',
    message: `name: another data import key of ${partner} is called ${JSON.stringify(name)}; choose another name, or revoke that key first`,
  } as const;
}

const importKeys = collection({
  select: ({ db }: Db) => db.select(columns).from(importKey),
  id: importKey.id,
  viewOf: importKeyViewOf,
});

/** Import keys, the newest first; revoked ones on request. */
export function listImportKeys(
  admin: Db,
  page: PageRequest,
  {
    partner,
    includeRevoked = false,
  }: { readonly partner?: string | undefined; readonly includeRevoked?: boolean | undefined } = {},
): Promise<Page<ImportKeyView>> {
  const isOfPartner = partner === undefined ? undefined : eq(importKey.partner, storable(partner));
  return importKeys.list(admin, page, and(includeRevoked ? undefined : isNotRevoked, isOfPartner));
}

/** Import keys by their ids, in the order of the ids. */
export const findImportKeys = importKeys.find;

type Revocation = ImportKeyView | ImportKeyNotFound | ImportKeyAlreadyRevoked | NotConfirmed | NameTaken;

/**
 * Revokes a key now, or at a given time by the database's clock. A revocation that has not taken effect can be moved, or
 * cancelled. A key that is revoked already stays so: revoking it now answers with the key.
 */
export function revokeImportKey(
  admin: Db,
  id: string,
  { confirmName, at }: { readonly confirmName: string; readonly at?: Date | undefined },
): Promise<Revocation> {
  return setRevocation(admin, id, confirmName, at === undefined ? 'now' : boundOf(at));
}

/** Cancels a revocation that has not taken effect. */
export function cancelImportKeyRevocation(admin: Db, id: string, confirmName: string): Promise<Revocation> {
  return setRevocation(admin, id, confirmName, null);
}

async function setRevocation(
  { db }: Db,
  id: string,
  confirmName: string,
  at: Date | 'now' | null,
): Promise<Revocation> {
  const isKey = eq(importKey.id, rowId(id) ?? 0);
  const [row] = await db.select(columns).from(importKey).where(isKey);
  if (!row) return { kind: 'ImportKeyNotFound', message: 'there is no data import key with this id' };
  if (confirmName !== row.name) return notConfirmed('confirmName', row.name);
  const answer = await unlessNameTaken(db, row.name, namesOf(row.partner, row.name), async () => {
    const [updated] = await db
      .update(importKey)
      .set({ revokedAt: at === 'now' ? sql`clock_timestamp()` : at })
      .where(and(isKey, isNotRevoked))
      .returning(columns);
    return updated && importKeyViewOf(updated);
  });
  if (answer) return answer;
  const [revoked] = (await db.select(columns).from(importKey).where(isKey)) as [Row];
  if (at === 'now') return importKeyViewOf(revoked);
  const revokedAt = revoked.revokedAt as Date;
  const message = `the key has been revoked since ${revokedAt.toISOString()}; create another one`;
  return { kind: 'ImportKeyAlreadyRevoked', message, revokedAt };
}

function importKeyViewOf({ id, lastUsedAt, revokedAt, ...key }: Row) {
  return {
    kind: 'ImportKey' as const,
    ...key,
    id: String(id),
    /** Accurate to about a minute. */
    lastUsedAt: lastUsedAt ?? undefined,
    /** When the key became, or becomes, invalid. */
    revokedAt: revokedAt ?? undefined,
  };
}
