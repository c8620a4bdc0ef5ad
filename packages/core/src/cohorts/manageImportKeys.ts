import type { Admin } from '../admin/admin.js';
import { checkName } from '../admin/name.js';
import {
  boundOf,
  checkFirst,
  pageOf,
  readCursor,
  rowId,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { inputInvalid, type InputInvalid, type NameTaken, type NotConfirmed } from '../admin/problem.js';
import { violatesUnique } from '../admin/violation.js';
import { hashToken, makeToken } from '../secrets/token.js';
import { findImportPartner, type ImportPartner, type PartnerNotFound } from './partners.js';

/** What a partner shows to push cohorts. Any number are good at once. */
export interface ImportKeyView {
  readonly kind: 'ImportKey';
  readonly id: string;
  readonly partner: string;
  readonly name: string;
  /** How the key ends, to tell it from others. */
  readonly hint: string;
  readonly createdAt: Date;
  /** To about a minute. */
  readonly lastUsedAt: Date | undefined;
  /** From when on it is refused; may lie ahead. */
  readonly invalidFrom: Date | undefined;
  /** Whether it is good now, by the database's clock. */
  readonly good: boolean;
}

/** A new key, in clear for this once: only its hash is kept. */
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

/** It was refused already before the time that was given. */
export interface ImportKeyAlreadyRevoked {
  readonly kind: 'ImportKeyInvalidAlready';
  readonly message: string;
  readonly invalidFrom: Date;
}

type Deps = Pick<Admin, 'sql' | 'connectors'>;

export async function createImportKey(
  admin: Deps,
  { partner, name: given }: { readonly partner: string; readonly name: string },
): Promise<ImportKeyCreated | InputInvalid | NameTaken | PartnerNotFound> {
  const found = await findImportPartner(admin, partner);
  if (found.kind === 'PartnerNotFound') return found;
  const name = checkName(given);
  if ('problem' in name) return inputInvalid([name.problem]);
  const key = makeToken('import');
  const { sql } = admin;
  for (;;) {
    try {
      const [row] = await sql<[Row]>`
        insert into import_key (partner, name, hash, hint)
        values (${found.name}, ${name.value}, ${hashToken(key)}, ${`…${key.slice(-4)}`}) returning ${columns(admin)}`;
      return { kind: 'ImportKeyCreated', key, importKey: importKeyViewOf(row), partner: found };
    } catch (error) {
      if (!violatesUnique(error, 'import_key_name')) throw error;
      const [owner] = await sql<{ id: number }[]>`
        select id from import_key where partner = ${found.name} and lower(name) = lower(${name.value}) and revoked_at is null`;
      if (!owner) continue;
      const message = `name: the data import key ${owner.id} of ${found.name} is called ${JSON.stringify(name.value)} already; choose another name, or invalidate it first`;
      return { kind: 'NameTaken', message, ownerType: 'ImportKey', ownerId: String(owner.id) };
    }
  }
}

/** Keys, the newest first; those that are refused by now on request. */
export async function listImportKeys(
  admin: Deps,
  { first, after }: PageRequest,
  { partner, invalid = false }: { readonly partner?: string | undefined; readonly invalid?: boolean | undefined } = {},
): Promise<Page<ImportKeyView>> {
  checkFirst(first);
  const { sql } = admin;
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await sql<Row[]>`
    select ${columns(admin)} from import_key
    where (${invalid} or revoked_at is null or revoked_at > clock_timestamp())
      and (${partner ?? null}::text is null or partner = ${partner?.replaceAll('\0', '\uFFFD') ?? null})
      and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${first + 1}`;
  return pageOf(rows.map(importKeyViewOf), { first, after }, ({ id }) => writeCursor(id));
}

/**
 * From the given time on, or from now on, the key is refused: to the second, by the database's clock. A time that lies
 * ahead may be changed until it has come, or be taken back by giving none that ever comes: null.
 */
export async function revokeImportKey(
  admin: Deps,
  id: string,
  { confirmName, from }: { readonly confirmName: string; readonly from?: Date | null | undefined },
): Promise<ImportKeyView | ImportKeyNotFound | ImportKeyAlreadyRevoked | NotConfirmed | NameTaken> {
  const { sql } = admin;
  const [row] = await sql<Row[]>`select ${columns(admin)} from import_key where id = ${rowId(id) ?? 0}`;
  if (!row)
    return {
      kind: 'ImportKeyNotFound',
      message: `there is no data import key with the id ${JSON.stringify(id.slice(0, 40))}`,
    };
  if (confirmName !== row.name) {
    const message = `confirmName: wanted the key's name, ${JSON.stringify(row.name)}, to confirm; something else came`;
    return { kind: 'NotConfirmed', message };
  }
  try {
    const [changed] = await sql<Row[]>`
      update import_key set revoked_at = ${from === null ? null : from === undefined ? sql`clock_timestamp()` : boundOf(from)}
      where id = ${row.id} and (revoked_at is null or revoked_at > clock_timestamp()) returning ${columns(admin)}`;
    if (changed) return importKeyViewOf(changed);
  } catch (error) {
    if (!violatesUnique(error, 'import_key_name')) throw error;
    return {
      kind: 'NameTaken',
      message: `another data import key of ${row.partner} is called ${JSON.stringify(row.name)} by now`,
      ownerType: 'ImportKey',
      ownerId: id,
    };
  }
  const [over] = await sql<[Row]>`select ${columns(admin)} from import_key where id = ${row.id}`;
  // Invalidating at once what is refused already has nothing left to do.
  if (from === undefined) return importKeyViewOf(over);
  const since = over.revoked_at as Date;
  return {
    kind: 'ImportKeyInvalidAlready',
    message: `the key is refused since ${since.toISOString()}; create another one`,
    invalidFrom: since,
  };
}

interface Row {
  readonly id: number;
  readonly partner: string;
  readonly name: string;
  readonly hint: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly good: boolean;
}

function columns({ sql }: Deps) {
  return sql`id, partner, name, hint, created_at, last_used_at, revoked_at, revoked_at is null or revoked_at > clock_timestamp() as good`;
}

function importKeyViewOf({ id, partner, name, hint, created_at, last_used_at, revoked_at, good }: Row): ImportKeyView {
  return {
    kind: 'ImportKey',
    id: String(id),
    partner,
    name,
    hint,
    createdAt: created_at,
    lastUsedAt: last_used_at ?? undefined,
    invalidFrom: revoked_at ?? undefined,
    good,
  };
}
