import { connect, type Sql } from '../db/connect.js';
import type { Queries } from '../db/session.js';
import { OperatorError } from '../operatorError.js';
import { SealedByLaterRelease, type Seal } from './seal.js';

export const masterKeyContext = 'master_key_check';
const context = masterKeyContext;

export const sealedByLaterRelease = 'a later release of the hub sealed the secrets in this database';

/** The process has another MASTER_KEY than the one that the secrets in the database are sealed with. */
export class MasterKeyRefused extends OperatorError {
  constructor() {
    super(
      'MASTER_KEY is not the key that sealed the secrets in this database; set the former MASTER_KEY or, if it is lost, start once with REPLACE_MASTER_KEY=true and give the credentials of every Current again',
    );
    this.name = 'MasterKeyRefused';
  }
}

/**
 * Checks the master key by a value that it seals on the first start. A database from before there was this value is
 * checked by its sealed secrets, of which one has to open. Throws `MasterKeyRefused` when the key is another one, unless
 * `replace` says to accept it from now on, and an `OperatorError` when a later release has sealed the value. Returns whether
 * it was replaced, and the seal with the fingerprint key of this database.
 */
export async function checkMasterKey(
  databaseUrl: string,
  seal: Seal,
  { replace }: { readonly replace: boolean },
): Promise<{ readonly isReplaced: boolean; readonly seal: Seal }> {
  const sql = connect(databaseUrl, { max: 1, name: 'master-key' });
  try {
    if (await isRightKey(sql, seal)) return { isReplaced: false, seal: await withFingerprintKey(sql, seal) };
    if (!replace) throw new MasterKeyRefused();
    const sealed = seal.seal(context, context);
    await sql`insert into master_key_check (sealed) values (${sealed}) on conflict (id) do update set sealed = excluded.sealed, fingerprint_key = null`;
    return { isReplaced: true, seal };
  } finally {
    await sql.end();
  }
}

/** Fingerprints are stored, so they are made with the same key before and after a rotation of the master key. */
async function withFingerprintKey(sql: Sql, seal: Seal): Promise<Seal> {
  const [row] = await sql<{ sealed: Buffer; fingerprintKey: Buffer | null }[]>`
    select sealed, fingerprint_key as "fingerprintKey" from master_key_check`;
  if (!row) return seal;
  const { sealed, fingerprintKey } = row;
  return seal.withFingerprintKey(
    fingerprintKey
      ? Buffer.from(seal.open(fingerprintKey, `${context}:fingerprint`), 'base64')
      : seal.fingerprintKeyFor(sealed, context),
  );
}

/** `newer`: a later release sealed the value, and this one cannot tell. */
type KeyCheck = 'right' | 'wrong' | 'newer';

/** Whether the key is the one of this database; `unset` where nothing says so yet. Writes nothing. */
export async function readMasterKeyCheck(sql: Queries, seal: Seal): Promise<KeyCheck | 'unset'> {
  const [tables] = await sql<{ check: boolean; secrets: boolean }[]>`
    select to_regclass('master_key_check') is not null as check, to_regclass('segment_webhook') is not null as secrets`;
  const known = tables?.check ? await readCheck(sql) : undefined;
  if (known) return opens(seal, known);
  const secrets = tables?.secrets ? await readSecrets(sql) : [];
  return secrets.length > 0 && !secrets.some((secret) => opens(seal, secret) === 'right') ? 'wrong' : 'unset';
}

function readSecrets(sql: Queries): Promise<readonly SealedRow[]> {
  return sql<SealedRow[]>`
    select 'current:' || id as context, credentials as sealed from current where credentials is not null
    union all select 'webhook:' || id, secret from segment_webhook where secret is not null`;
}

async function isRightKey(sql: Sql, seal: Seal): Promise<boolean> {
  const known = await readMasterKeyCheck(sql, seal);
  if (known === 'newer') throw new OperatorError(`${sealedByLaterRelease}; run that release`);
  if (known !== 'unset') return known === 'right';
  await sql`insert into master_key_check (sealed) values (${seal.seal(context, context)}) on conflict do nothing`;
  // Of several processes that start at once, the first stores its value, and it decides for all of them.
  const stored = await readCheck(sql);
  return stored !== undefined && opens(seal, stored) === 'right';
}

interface SealedRow {
  readonly context: string;
  readonly sealed: Buffer;
}

async function readCheck(sql: Queries): Promise<SealedRow | undefined> {
  const [row] = await sql<{ sealed: Buffer }[]>`select sealed from master_key_check`;
  return row && { context, sealed: row.sealed };
}

function opens(seal: Seal, secret: SealedRow): KeyCheck {
  try {
    seal.open(secret.sealed, secret.context);
    return 'right';
  } catch (error) {
    return error instanceof SealedByLaterRelease ? 'newer' : 'wrong';
  }
}
