import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import { ingestToken } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Admin } from './admin.js';
import { checkName } from './name.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from './page.js';
import { inputInvalid, type InputInvalid, type NameTaken, type NotConfirmed } from './problem.js';
import { violatesUnique } from './violation.js';

/** What a sender of events shows to be let in. Any number are good at once. */
export interface IngestTokenView {
  readonly kind: 'IngestToken';
  readonly id: string;
  readonly name: string;
  /** How the token ends, to tell it from others. */
  readonly hint: string;
  readonly createdAt: Date;
  /** To about a minute. */
  readonly lastUsedAt: Date | undefined;
  readonly revokedAt: Date | undefined;
}

/** A new token, in clear for this once: only its hash is kept. */
export interface IngestTokenCreated {
  readonly kind: 'IngestTokenCreated';
  readonly token: string;
  readonly ingestToken: IngestTokenView;
}

export interface TokenNotFound {
  readonly kind: 'TokenNotFound';
  readonly message: string;
}

export async function createIngestToken(
  { db }: Pick<Admin, 'db'>,
  given: string,
): Promise<IngestTokenCreated | InputInvalid | NameTaken> {
  const name = checkName(given);
  if ('problem' in name) return inputInvalid([name.problem]);
  const token = makeToken('ingest');
  for (;;) {
    try {
      const [row] = await db
        .insert(ingestToken)
        .values({ name: name.value, hash: hashToken(token), hint: `…${token.slice(-4)}` })
        .returning();
      return { kind: 'IngestTokenCreated', token, ingestToken: viewOf(row as Row) };
    } catch (error) {
      if (!violatesUnique(error, 'ingest_token_name')) throw error;
      const [owner] = await db
        .select({ id: ingestToken.id })
        .from(ingestToken)
        .where(and(sql`lower(${ingestToken.name}) = lower(${name.value})`, isNull(ingestToken.revokedAt)));
      if (!owner) continue;
      const message = `name: the ingest token ${owner.id} is called ${JSON.stringify(name.value)} already; choose another name, or revoke it first`;
      return { kind: 'NameTaken', message, ownerId: String(owner.id) };
    }
  }
}

/** Tokens, the newest first; revoked ones on request. */
export async function listIngestTokens(
  { db }: Pick<Admin, 'db'>,
  { first, after }: PageRequest,
  { revoked = false }: { readonly revoked?: boolean | undefined } = {},
): Promise<Page<IngestTokenView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const rows = await db
    .select()
    .from(ingestToken)
    .where(
      and(
        revoked ? undefined : isNull(ingestToken.revokedAt),
        cursor === undefined ? undefined : lt(ingestToken.id, Number(cursor)),
      ),
    )
    .orderBy(desc(ingestToken.id))
    .limit(first + 1);
  return pageOf(rows.map(viewOf), { first, after }, ({ id }) => writeCursor(id));
}

/**
 * From now on the token is refused. It cannot be made good again, so it is confirmed by its name; its senders need
 * another one. Revoking twice is as good as once.
 */
export async function revokeIngestToken(
  { db }: Pick<Admin, 'db'>,
  id: string,
  confirmName: string,
): Promise<IngestTokenView | TokenNotFound | NotConfirmed> {
  const key = rowId(id);
  const [row] = key === undefined ? [] : await db.select().from(ingestToken).where(eq(ingestToken.id, key));
  if (!row)
    return {
      kind: 'TokenNotFound',
      message: `there is no ingest token with the id ${JSON.stringify(id.slice(0, 40))}`,
    };
  if (confirmName !== row.name) {
    return {
      kind: 'NotConfirmed',
      message: `confirmName: wanted the token's name, ${JSON.stringify(row.name)}, to confirm; something else came`,
    };
  }
  const [revoked] = await db
    .update(ingestToken)
    .set({ revokedAt: sql`coalesce(${ingestToken.revokedAt}, now())` })
    .where(eq(ingestToken.id, row.id))
    .returning();
  return viewOf(revoked as Row);
}

type Row = typeof ingestToken.$inferSelect;

function viewOf({ id, name, hint, createdAt, lastUsedAt, revokedAt }: Row): IngestTokenView {
  return {
    kind: 'IngestToken',
    id: String(id),
    name,
    hint,
    createdAt,
    lastUsedAt: lastUsedAt ?? undefined,
    revokedAt: revokedAt ?? undefined,
  };
}
