import { and, eq, isNull, sql } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { adminToken } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import { checkName } from './name.js';
import type { Admin, Db, Queries } from './admin.js';
import { collection } from './collection.js';
import type { TokenNotFound } from './ingestTokens.js';
import { rowId, type PageRequest } from './page.js';
import { inputInvalid, type InputInvalid, type NotConfirmed, type Problem } from './problem.js';

export type AdminTokenView = ReturnType<typeof viewOf>;

/** A new token, in clear for this once: only its hash is kept. */
interface AdminTokenCreated {
  readonly kind: 'AdminTokenCreated';
  readonly token: string;
  readonly adminToken: AdminTokenView;
}

/** Revoking the last valid token would lock everybody out. */
type LastAdminToken = Problem<'LastAdminToken'>;

/**
 * Makes the first admin token and returns it, once: undefined when there is a valid one already. Of any number of
 * processes that start at once, one makes it. An operator who has lost every token revokes them in the database
 * (`update admin_token set revoked_at = now()`) and starts the api again.
 */
export async function ensureAdminToken({ db }: Db): Promise<string | undefined> {
  return locked(db, async (tx) => {
    const [valid] = await tx
      .select({ id: adminToken.id })
      .from(adminToken)
      .where(isNull(adminToken.revokedAt))
      .limit(1);
    return valid ? undefined : (await insertToken(tx)).token;
  });
}

/** Creates another token: existing ones stay valid until they are revoked. */
export function createAdminToken(admin: Db): Promise<AdminTokenCreated>;
export function createAdminToken(admin: Db, name: string | undefined): Promise<AdminTokenCreated | InputInvalid>;
export async function createAdminToken({ db }: Db, name?: string): Promise<AdminTokenCreated | InputInvalid> {
  if (name === undefined) return insertToken(db);
  const checked = checkName(name);
  return 'problem' in checked ? inputInvalid([checked.problem]) : insertToken(db, checked.value);
}

const adminTokens = collection({
  select: ({ db }: Db) => db.select().from(adminToken),
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
  return locked(db, async (tx) => {
    const [row] = key === undefined ? [] : await tx.select().from(adminToken).where(eq(adminToken.id, key));
    if (!row) return { kind: 'TokenNotFound', message: 'there is no admin token with this id' };
    if (confirmId !== id)
      return {
        kind: 'NotConfirmed',
        message: 'confirmId: expected the same id again to confirm, got another one',
      };
    if (row.revokedAt !== null) return viewOf(row);
    const valid = await tx.select({ id: adminToken.id }).from(adminToken).where(isNull(adminToken.revokedAt)).limit(2);
    if (valid.length < 2) {
      const message = 'this is the last valid admin token, and revoking it would lock everybody out';
      return { kind: 'LastAdminToken', message };
    }
    const [revoked] = await tx
      .update(adminToken)
      .set({ revokedAt: sql`now()` })
      .where(eq(adminToken.id, row.id))
      .returning();
    return viewOf(revoked as Row);
  });
}

/** The id of a valid token, or undefined. Asks the database each time, so that a revoked one is refused at once. */
export async function checkAdminToken({ db }: Db, token: string): Promise<string | undefined> {
  const [row] = await db
    .select({ id: adminToken.id })
    .from(adminToken)
    .where(and(eq(adminToken.hash, hashToken(token)), isNull(adminToken.revokedAt)));
  return row && String(row.id);
}

/** Serialises check-then-act on valid tokens. */
function locked<Result>(db: Admin['db'], act: (tx: Queries) => Promise<Result>): Promise<Result> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.adminTokens}::bigint)`);
    return act(tx);
  });
}

async function insertToken(db: Queries, name?: string): Promise<AdminTokenCreated> {
  const token = makeToken('admin');
  const [row] = await db
    .insert(adminToken)
    .values({ hash: hashToken(token), name: name ?? null })
    .returning();
  return { kind: 'AdminTokenCreated', token, adminToken: viewOf(row as Row) };
}

type Row = typeof adminToken.$inferSelect;

/** A token with which an admin uses the API. Its name is undefined when it was created without one. */
function viewOf({ id, name, createdAt, revokedAt }: Row) {
  const kind = 'AdminToken' as const;
  return { kind, id: String(id), name: name ?? undefined, createdAt, revokedAt: revokedAt ?? undefined };
}
