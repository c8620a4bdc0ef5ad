import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { adminToken } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Admin, Queries } from './admin.js';
import type { TokenNotFound } from './ingestTokens.js';
import { rowId } from './page.js';
import type { NotConfirmed } from './problem.js';

/** What an admin shows to be let in. */
export interface AdminTokenView {
  readonly kind: 'AdminToken';
  readonly id: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | undefined;
}

/** A new token, in clear for this once: only its hash is kept. */
export interface AdminTokenCreated {
  readonly kind: 'AdminTokenCreated';
  readonly token: string;
  readonly adminToken: AdminTokenView;
}

/** Revoking the last good token would lock everybody out. */
export interface LastAdminToken {
  readonly kind: 'LastAdminToken';
  readonly message: string;
}

type Db = Pick<Admin, 'db'>;

/**
 * Makes the first admin token and returns it, once: undefined when there is a good one already. Of any number of
 * processes that start at once, one makes it. Who has lost every token revokes them in the database
 * (`update admin_token set revoked_at = now()`) and starts the api again.
 */
export async function ensureAdminToken({ db }: Db): Promise<string | undefined> {
  return locked(db, async (tx) => {
    const [good] = await tx.select({ id: adminToken.id }).from(adminToken).where(isNull(adminToken.revokedAt)).limit(1);
    return good ? undefined : (await insertToken(tx)).token;
  });
}

/** A new token beside those there are: the old ones stay good until they are revoked. */
export async function createAdminToken({ db }: Db): Promise<AdminTokenCreated> {
  return insertToken(db);
}

/** Every token, the newest first. */
export async function listAdminTokens({ db }: Db): Promise<readonly AdminTokenView[]> {
  return (await db.select().from(adminToken).orderBy(desc(adminToken.id)).limit(200)).map(viewOf);
}

/** From now on the token is refused. Cannot be undone, so its id is given twice. Revoking twice is as good as once. */
export async function revokeAdminToken(
  { db }: Db,
  id: string,
  confirmId: string,
): Promise<AdminTokenView | TokenNotFound | NotConfirmed | LastAdminToken> {
  const key = rowId(id);
  return locked(db, async (tx) => {
    const [row] = key === undefined ? [] : await tx.select().from(adminToken).where(eq(adminToken.id, key));
    if (!row)
      return {
        kind: 'TokenNotFound',
        message: `there is no admin token with the id ${JSON.stringify(id.slice(0, 40))}`,
      };
    if (confirmId !== id)
      return {
        kind: 'NotConfirmed',
        message: `confirmId: wanted ${row.id}, the same id again, to confirm; something else came`,
      };
    if (row.revokedAt !== null) return viewOf(row);
    const good = await tx.select({ id: adminToken.id }).from(adminToken).where(isNull(adminToken.revokedAt)).limit(2);
    if (good.length < 2) {
      const message =
        'this is the last good admin token, and revoking it would lock everybody out; create another one first';
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

/** The id of a good token, or undefined. Asks the database each time, so that a revoked one is refused at once. */
export async function checkAdminToken({ db }: Db, token: string): Promise<string | undefined> {
  const [row] = await db
    .select({ id: adminToken.id })
    .from(adminToken)
    .where(and(eq(adminToken.hash, hashToken(token)), isNull(adminToken.revokedAt)));
  return row && String(row.id);
}

/** Whoever counts the good tokens and acts on it does so alone. */
function locked<Result>(db: Admin['db'], act: (tx: Queries) => Promise<Result>): Promise<Result> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.adminTokens}::bigint)`);
    return act(tx);
  });
}

async function insertToken(db: Queries): Promise<AdminTokenCreated> {
  const token = makeToken('admin');
  const [row] = await db
    .insert(adminToken)
    .values({ hash: hashToken(token) })
    .returning();
  return { kind: 'AdminTokenCreated', token, adminToken: viewOf(row as Row) };
}

type Row = typeof adminToken.$inferSelect;

function viewOf({ id, createdAt, revokedAt }: Row): AdminTokenView {
  return { kind: 'AdminToken', id: String(id), createdAt, revokedAt: revokedAt ?? undefined };
}
