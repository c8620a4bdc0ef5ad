import { and, eq, getTableColumns, gt, isNull, or, sql, type SQL } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { databaseNow } from '../db/databaseNow.js';
import { adminToken, type AdminRole } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Admin, Db, Queries } from './admin.js';
import { collection } from './collection.js';
import type { TokenNotFound } from './ingestTokens.js';
import { checkName } from './name.js';
import { rowId, type PageRequest } from './page.js';
import { fieldProblem, inputInvalid, type InputInvalid, type NotConfirmed, type Problem } from './problem.js';

export type AdminTokenView = ReturnType<typeof viewOf>;

export interface NewAdminToken {
  /** For people; need not be unique. */
  readonly name: string;
  readonly role: AdminRole;
  /** When the token ends by itself; undefined for never. */
  readonly expiresAt?: Date | undefined;
}

/** A new token, in clear for this once: only its hash is kept. */
export interface AdminTokenCreated {
  readonly kind: 'AdminTokenCreated';
  readonly token: string;
  readonly adminToken: AdminTokenView;
}

/** Revoking the last valid token with the role admin would lock everybody out. */
type LastAdminToken = Problem<'LastAdminToken'>;

/** Variables that give a token; it has their name. */
const reservedNames = ['ADMIN_TOKEN', 'ADMIN_TOKEN_FILE'];

/** Creates another token: existing ones stay valid until they are revoked or expire. */
export async function createAdminToken(
  { db }: Db,
  { name: given, role, expiresAt }: NewAdminToken,
): Promise<AdminTokenCreated | InputInvalid> {
  const name = checkName(given);
  const problems = [
    ...('problem' in name ? [name.problem] : []),
    ...('value' in name && reservedNames.includes(name.value)
      ? [
          fieldProblem(
            'name',
            'not_allowed',
            `expected another name than ${name.value}, which marks a token of the environment`,
          ),
        ]
      : []),
    ...(expiresAt !== undefined && expiresAt <= new Date(await databaseNow(db))
      ? [fieldProblem('expiresAt', 'out_of_range', 'expected a time in the future, got one in the past')]
      : []),
  ];
  if ('problem' in name || problems.length > 0) return inputInvalid(problems);
  return insertToken(db, { name: name.value, role, expiresAt });
}

/** Whether a token is valid is said by Postgres, which refuses it by its own clock. */
const columns = {
  ...getTableColumns(adminToken),
  isExpired: sql<boolean>`coalesce(${adminToken.expiresAt} <= now(), false)`,
};

const adminTokens = collection({
  select: ({ db }: Db) => db.select(columns).from(adminToken),
  id: adminToken.id,
  viewOf,
});

/** Every token, the newest first. */
export const listAdminTokens = (admin: Db, page: PageRequest) => adminTokens.list(admin, page);

/** The tokens with these ids, in order; undefined for each that does not exist. */
export const findAdminTokens = adminTokens.find;

/** From now on the token is refused. Cannot be undone, so its id is given twice. Repeating it changes nothing. */
export async function revokeAdminToken(
  { db }: Db,
  id: string,
  confirmId: string,
): Promise<AdminTokenView | TokenNotFound | NotConfirmed | LastAdminToken> {
  const key = rowId(id);
  return withTokensLocked(db, async (tx) => {
    const [row] = key === undefined ? [] : await tx.select(columns).from(adminToken).where(eq(adminToken.id, key));
    if (!row) return { kind: 'TokenNotFound', message: 'there is no admin token with this id' };
    if (confirmId !== id)
      return {
        kind: 'NotConfirmed',
        message: 'confirmId: expected the same id again to confirm, got another one',
      };
    if (row.revokedAt !== null) return viewOf(row);
    const valid = await tx.select({ id: adminToken.id }).from(adminToken).where(isValidAdmin).limit(2);
    if (valid.length === 1 && valid[0]?.id === row.id) {
      const message = 'this is the last valid token with the role admin, and revoking it would lock everybody out';
      return { kind: 'LastAdminToken', message };
    }
    const [revoked] = await tx
      .update(adminToken)
      .set({ revokedAt: sql`now()` })
      .where(eq(adminToken.id, row.id))
      .returning(columns);
    return viewOf(revoked as Row);
  });
}

/** Holds for tokens that manage tokens now, by the database's clock. */
export const isValidAdmin: SQL | undefined = and(
  eq(adminToken.role, 'admin'),
  isNull(adminToken.revokedAt),
  or(isNull(adminToken.expiresAt), gt(adminToken.expiresAt, sql`now()`)),
);

/** Serialises check-then-act on valid tokens. */
export function withTokensLocked<Result>(db: Admin['db'], act: (tx: Queries) => Promise<Result>): Promise<Result> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.adminTokens}::bigint)`);
    return act(tx);
  });
}

/** @param token a new one by default. */
export async function insertToken(
  db: Queries,
  { name, role, expiresAt }: NewAdminToken,
  token = makeToken('admin'),
): Promise<AdminTokenCreated> {
  const [row] = await db
    .insert(adminToken)
    .values({ hash: hashToken(token), name, role, expiresAt: expiresAt ?? null })
    .returning(columns);
  return { kind: 'AdminTokenCreated', token, adminToken: viewOf(row as Row) };
}

type Row = typeof adminToken.$inferSelect & { readonly isExpired: boolean };

/** A token with which an admin uses the API. */
function viewOf({ id, name, role, createdAt, expiresAt, isExpired, lastUsedAt, revokedAt }: Row) {
  return {
    kind: 'AdminToken' as const,
    id: String(id),
    name: name ?? `token ${id}`,
    role,
    createdAt,
    expiresAt: expiresAt ?? undefined,
    /** To about a minute. */
    lastUsedAt: lastUsedAt ?? undefined,
    revokedAt: revokedAt ?? undefined,
    /** Whether it is neither revoked nor expired. */
    isValid: revokedAt === null && !isExpired,
  };
}
