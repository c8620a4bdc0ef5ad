import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { Sql } from '../db/connect.js';
import { consoleSession, type AdminRole } from '../db/schema.js';
import { watchKeys } from '../secrets/keyCache.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Admin, Db } from './admin.js';
import type { ValidAdminToken } from './adminTokenCache.js';

export type ConsoleSessions = Awaited<ReturnType<typeof watchConsoleSessions>>;

/** A session ends so long after its sign-in, however busy it is. */
const sessionHours = 7 * 24;
/** And so long after its last use, within a minute. */
const idleHours = 12;
/** An admin token has so many sessions at most; a further one ends the oldest. */
const maxSessions = 50;

/** A new session, with the secret for its cookie: only its hash is kept. */
export interface ConsoleSessionCreated {
  readonly secret: string;
  readonly csrfToken: string;
  readonly maxAgeSeconds: number;
}

/** Signs a browser in with a token that the caller has checked. Ends the oldest sessions beyond 50 of the token. */
export async function createConsoleSession({ db }: Db, adminTokenId: string): Promise<ConsoleSessionCreated> {
  const secret = makeToken('session');
  const owner = Number(adminTokenId);
  await db.transaction(async (tx) => {
    const expiresAt = sql`now() + ${sessionHours} * interval '1 hour'` as never;
    await tx.insert(consoleSession).values({ hash: hashToken(secret), adminTokenId: owner, expiresAt });
    await tx.execute(sql`
      delete from console_session where id in (
        select id from console_session where admin_token_id = ${owner} order by id desc offset ${maxSessions})`);
  });
  return { secret, csrfToken: csrfTokenOf(secret), maxAgeSeconds: sessionHours * 3_600 };
}

/** Ends one session. Repeating it changes nothing. */
export async function endConsoleSession({ db }: Db, secret: string): Promise<void> {
  await db.delete(consoleSession).where(eq(consoleSession.hash, hashToken(secret)));
}

/** Ends all sessions that were opened with an admin token. */
export async function endConsoleSessions({ db }: Db, adminTokenId: string): Promise<void> {
  await db.delete(consoleSession).where(eq(consoleSession.adminTokenId, Number(adminTokenId)));
}

/** Deletes sessions that have ended by themselves. */
export async function pruneConsoleSessions({ sql: query }: Pick<Admin, 'sql'>): Promise<void> {
  await query`delete from console_session
    where expires_at <= now() or last_used_at < now() - make_interval(hours => ${idleHours}::int)`;
}

/**
 * A page of another site can neither read the token nor compute it without the cookie's secret (OWASP, Cross-Site Request
 * Forgery Prevention: signed double-submit).
 */
function csrfTokenOf(secret: string): string {
  return createHash('sha256').update(`csrf ${secret}`).digest('base64url');
}

/** Keeps the sessions in memory, as `watchAdminTokens` does the tokens. */
export async function watchConsoleSessions(sql: Sql, onError: (error: unknown) => void) {
  const { find, recordUse, stop } = await watchKeys(sql, {
    table: 'console_session',
    channel: 'currents_tokens',
    load: () => sql<{ id: number; hash: string }[]>`
      select id, encode(hash, 'hex') as hash from console_session where expires_at > now()`,
    onError,
  });
  return {
    /**
     * The admin token of a session that is valid now, and the token that its changes must carry. Undefined when the session
     * or its admin token has ended. Rejects when the database is needed and does not answer.
     */
    async check(
      secret: string,
      mayLookUp?: () => boolean,
    ): Promise<(ValidAdminToken & { readonly csrfToken: string }) | undefined> {
      const known = await find(secret, mayLookUp);
      if (known === undefined) return undefined;
      const [row] = await sql<{ id: number; role: AdminRole }[]>`
        select t.id, t.role from console_session s join admin_token t on t.id = s.admin_token_id
        where s.id = ${known.id} and s.expires_at > now() and s.last_used_at > now() - make_interval(hours => ${idleHours}::int)
          and t.revoked_at is null and coalesce(t.expires_at > now(), true)`;
      if (row === undefined) return undefined;
      recordUse(known.id);
      return { id: String(row.id), role: row.role, csrfToken: csrfTokenOf(secret) };
    },
    stop,
  };
}
