import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { connect } from '../db/connect.js';
import { migrate } from '../db/migrate.js';
import { adminToken } from '../db/schema.js';
import { hashToken } from '../secrets/token.js';
import type { Db } from './admin.js';
import { createAdminToken, insertToken, isValidAdmin, withTokensLocked, type NewAdminToken } from './adminTokens.js';

/** Whether there is a valid token with the role admin. */
export async function hasAdminToken({ db }: Db): Promise<boolean> {
  const found = await db.select({ id: adminToken.id }).from(adminToken).where(isValidAdmin).limit(1);
  return found.length > 0;
}

/**
 * Makes the first admin token and returns it, once: undefined when there is a valid one with the role admin already. Of any
 * number of processes that start at once, one makes it.
 * @param keep is awaited before the token is valid; when it rejects, there is none.
 */
export async function ensureAdminToken(
  { db }: Db,
  keep: (token: string) => Promise<void> = async () => undefined,
): Promise<string | undefined> {
  return withTokensLocked(db, async (tx) => {
    const [valid] = await tx.select({ id: adminToken.id }).from(adminToken).where(isValidAdmin).limit(1);
    if (valid) return undefined;
    const { token } = await insertToken(tx, { name: 'first token', role: 'admin' });
    await keep(token);
    return token;
  });
}

/**
 * Makes a token from the environment valid, with the role admin, and revokes the one that the same variable gave before.
 * False when the token cannot be used: it was revoked, or has expired. A revoked token stays so.
 */
export async function provideAdminToken(
  { db }: Db,
  variable: 'ADMIN_TOKEN' | 'ADMIN_TOKEN_FILE',
  token: string,
): Promise<boolean> {
  const hash = hashToken(token);
  return withTokensLocked(db, async (tx) => {
    const [known] = await tx.select({ id: adminToken.id }).from(adminToken).where(eq(adminToken.hash, hash));
    if (!known) await insertToken(tx, { name: variable, role: 'admin' }, token);
    const [usable] = await tx
      .select({ id: adminToken.id })
      .from(adminToken)
      .where(and(eq(adminToken.hash, hash), isValidAdmin));
    if (!usable) return false;
    await tx
      .update(adminToken)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(adminToken.name, variable), isNull(adminToken.revokedAt), ne(adminToken.hash, hash)));
    return true;
  });
}

/** Creates a token directly in a database, which is migrated before: for operators without a token to use the API with. */
export async function createAdminTokenIn(databaseUrl: string, given: NewAdminToken) {
  await migrate(databaseUrl);
  const pool = connect(databaseUrl, { max: 1, name: 'admin-token' });
  try {
    return await createAdminToken({ db: drizzle(pool) }, given);
  } finally {
    await pool.end();
  }
}
