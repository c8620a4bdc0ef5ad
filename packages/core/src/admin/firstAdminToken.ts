import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { connect } from '../db/connect.js';
import { migrate } from '../db/migrate.js';
import { adminToken, auditEntry } from '../db/schema.js';
import { hashToken } from '../secrets/token.js';
import type { Db, Queries } from './admin.js';
import {
  createAdminToken,
  insertToken,
  isValidAdmin,
  withTokensLocked,
  type AdminTokenView,
  type NewAdminToken,
} from './adminTokens.js';

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
    const { token, adminToken: made } = await insertToken(tx, { name: 'first token', role: 'admin' });
    await recordToken(tx, 'create', made, 'first_token');
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
    if (!known) {
      const { adminToken: made } = await insertToken(tx, { name: variable, role: 'admin' }, token);
      await recordToken(tx, 'create', made, 'environment');
    }
    const [usable] = await tx
      .select({ id: adminToken.id })
      .from(adminToken)
      .where(and(eq(adminToken.hash, hash), isValidAdmin));
    if (!usable) return false;
    const replaced = await tx
      .update(adminToken)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(adminToken.name, variable), isNull(adminToken.revokedAt), ne(adminToken.hash, hash)))
      .returning({ id: adminToken.id, role: adminToken.role });
    for (const { id, role } of replaced)
      await recordToken(tx, 'revoke', { id: String(id), name: variable, role }, 'environment');
    return true;
  });
}

/** Creates a token directly in a database, which is migrated before: for operators without a token to use the API with. */
export async function createAdminTokenIn(databaseUrl: string, given: NewAdminToken) {
  await migrate(databaseUrl);
  const pool = connect(databaseUrl, { max: 1, name: 'admin-token' });
  try {
    return await drizzle(pool).transaction(async (tx) => {
      const made = await createAdminToken({ db: tx }, given);
      if (made.kind === 'AdminTokenCreated') await recordToken(tx, 'create', made.adminToken, 'command');
      return made;
    });
  } finally {
    await pool.end();
  }
}

/** Records what is done to a token without a mutation, so that every token and its end are in the audit log. */
async function recordToken(
  tx: Queries,
  what: 'create' | 'revoke',
  { id, name, role }: Pick<AdminTokenView, 'id' | 'name' | 'role'>,
  reason: 'first_token' | 'environment' | 'command',
): Promise<void> {
  await tx.insert(auditEntry).values({
    action: `${what}AdminToken`,
    actor: 'system',
    targetId: `adm_${id}`,
    arguments: { name, role, reason },
    result: what === 'create' ? 'CreateAdminTokenPayload' : 'RevokeAdminTokenPayload',
    succeeded: true,
  });
}
