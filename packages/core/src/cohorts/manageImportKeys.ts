import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { boundOf, rowId, type Page, type PageRequest } from '../admin/page.js';
import { inputInvalid, type InputInvalid, type NameTaken, type NotConfirmed } from '../admin/problem.js';
import { violatesUnique } from '../admin/violation.js';
import { checkName } from '../admin/name.js';
import { importKey } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import { findImportPartner, isNotRevoked, type ImportPartner, type ImportPartnerNotFound } from './partners.js';

/** A key that authenticates a partner's cohort pushes. A partner may have any number of valid ones. */
export interface ImportKeyView {
  readonly kind: 'ImportKey';
  readonly id: string;
  readonly partner: string;
  readonly name: string;
  /** The last four characters of the key. */
  readonly hint: string;
  readonly createdAt: Date;
  /** Accurate to about a minute. */
  readonly lastUsedAt: Date | undefined;
  /** When the key became, or becomes, invalid. */
  readonly revokedAt: Date | undefined;
  /** Whether the key is accepted now, by the database's clock. */
  readonly isValid: boolean;
}

/** A new key in plain text: only its hash is stored. */
export interface ImportKeyCreated {
  readonly kind: 'ImportKeyCreated';
  readonly key: string;
  readonly importKey: ImportKeyView;
  readonly partner: ImportPartner;
}

export interface ImportKeyNotFound {
  readonly kind: 'ImportKeyNotFound';
  readonly message: string;
}

/** A revocation that has taken effect can be neither moved nor cancelled. */
export interface ImportKeyAlreadyRevoked {
  readonly kind: 'ImportKeyAlreadyRevoked';
  readonly message: string;
  readonly revokedAt: Date;
}

type Deps = Pick<Admin, 'db' | 'connectors'>;

const columns = { ...getTableColumns(importKey), isValid: sql<boolean>`${isNotRevoked}` };
type Row = typeof importKey.$inferSelect & { readonly isValid: boolean };

export async function createImportKey(
  admin: Deps,
  { partner, name: given }: { readonly partner: string; readonly name: string },
): Promise<ImportKeyCreated | InputInvalid | NameTaken | ImportPartnerNotFound> {
  const found = await findImportPartner(admin, partner);
  if (found.kind === 'ImportPartnerNotFound') return found;
  const name = checkName(given);
  if ('problem' in name) return inputInvalid([name.problem]);
  const key = makeToken('import');
  try {
    const [row] = await admin.db
      .insert(importKey)
      .values({ partner: found.name, name: name.value, hash: hashToken(key), hint: `…${key.slice(-4)}` })
      .returning(columns);
    return { kind: 'ImportKeyCreated', key, importKey: importKeyViewOf(row as Row), partner: found };
  } catch (error) {
    if (!violatesUnique(error, 'import_key_name')) throw error;
    return (await findNameTaken(admin, found.name, name.value)) ?? createImportKey(admin, { partner, name: given });
  }
}

async function findNameTaken({ db }: Deps, partner: string, name: string): Promise<NameTaken | undefined> {
  const [owner] = await db
    .select({ id: importKey.id })
    .from(importKey)
    .where(
      and(eq(importKey.partner, partner), sql`lower(${importKey.name}) = lower(${name})`, isNull(importKey.revokedAt)),
    );
  const message = `name: another data import key of ${partner} is called ${JSON.stringify(name)}; choose another name, or revoke that key first`;
  return owner && { kind: 'NameTaken', message, ownerType: 'ImportKey', ownerId: String(owner.id) };
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
  const isOfPartner = partner === undefined ? undefined : eq(importKey.partner, partner.replaceAll('\0', '\uFFFD'));
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
  admin: Deps,
  id: string,
  { confirmName, at }: { readonly confirmName: string; readonly at?: Date | undefined },
): Promise<Revocation> {
  return setRevocation(admin, id, confirmName, at === undefined ? 'now' : boundOf(at));
}

/** Cancels a revocation that has not taken effect. */
export function cancelImportKeyRevocation(admin: Deps, id: string, confirmName: string): Promise<Revocation> {
  return setRevocation(admin, id, confirmName, null);
}

async function setRevocation(
  admin: Deps,
  id: string,
  confirmName: string,
  at: Date | 'now' | null,
): Promise<Revocation> {
  const { db } = admin;
  const isKey = eq(importKey.id, rowId(id) ?? 0);
  const [row] = await db.select(columns).from(importKey).where(isKey);
  if (!row) return { kind: 'ImportKeyNotFound', message: 'there is no data import key with this id' };
  if (confirmName !== row.name)
    return { kind: 'NotConfirmed', message: `confirmName: expected ${JSON.stringify(row.name)}, got something else` };
  try {
    const [updated] = await db
      .update(importKey)
      .set({ revokedAt: at === 'now' ? sql`clock_timestamp()` : at })
      .where(and(isKey, isNotRevoked))
      .returning(columns);
    if (updated) return importKeyViewOf(updated);
  } catch (error) {
    if (!violatesUnique(error, 'import_key_name')) throw error;
    const taken = await findNameTaken(admin, row.partner, row.name);
    return taken ?? setRevocation(admin, id, confirmName, at);
  }
  const [revoked] = await db.select(columns).from(importKey).where(isKey);
  if (at === 'now') return importKeyViewOf(revoked as Row);
  const revokedAt = (revoked as Row).revokedAt as Date;
  const message = `the key has been revoked since ${revokedAt.toISOString()}; create another one`;
  return { kind: 'ImportKeyAlreadyRevoked', message, revokedAt };
}

function importKeyViewOf({ id, partner, name, hint, createdAt, lastUsedAt, revokedAt, isValid }: Row): ImportKeyView {
  return {
    kind: 'ImportKey',
    id: String(id),
    partner,
    name,
    hint,
    createdAt,
    lastUsedAt: lastUsedAt ?? undefined,
    revokedAt: revokedAt ?? undefined,
    isValid,
  };
}
