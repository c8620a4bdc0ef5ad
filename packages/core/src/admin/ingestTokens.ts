import { eq, isNull, sql } from 'drizzle-orm';
import { ingestToken } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Db } from './admin.js';
import { collection } from './collection.js';
import { checkName, unlessNameTaken } from './name.js';
import { rowId, type Page, type PageRequest } from './page.js';
import { inputInvalid, type InputInvalid, type NameTaken, type NotConfirmed, type Problem } from './problem.js';

export type IngestTokenView = ReturnType<typeof viewOf>;

/** A new token, in clear for this once: only its hash is kept. */
export interface IngestTokenCreated {
  readonly kind: 'IngestTokenCreated';
  readonly token: string;
  readonly ingestToken: IngestTokenView;
}

export type TokenNotFound = Problem<'TokenNotFound'>;

export async function createIngestToken(
  { db }: Db,
  given: string,
): Promise<IngestTokenCreated | InputInvalid | NameTaken> {
  const name = checkName(given);
  if ('problem' in name) return inputInvalid([name.problem]);
  const token = makeToken('ingest');
  const names = {
    table: ingestToken,
    index: 'ingest_token_name',
    isUnique: isNull(ingestToken.revokedAt),
    ownerType: 'IngestToken',
    message: `name: another ingest token is called ${JSON.stringify(name.value)} already`,
  } as const;
  return unlessNameTaken(db, name.value, names, async () => {
    const [row] = await db
      .insert(ingestToken)
      .values({ name: name.value, hash: hashToken(token), hint: `…${token.slice(-4)}` })
      .returning();
    return { kind: 'IngestTokenCreated', token, ingestToken: viewOf(row as Row) };
  });
}

const ingestTokens = collection({
  select: ({ db }: Db) => db.select().from(ingestToken),
  id: ingestToken.id,
  viewOf,
});

/** Tokens, the newest first; revoked ones on request. */
export function listIngestTokens(
  admin: Db,
  page: PageRequest,
  { includeRevoked = false }: { readonly includeRevoked?: boolean | undefined } = {},
): Promise<Page<IngestTokenView>> {
  return ingestTokens.list(admin, page, includeRevoked ? undefined : isNull(ingestToken.revokedAt));
}

/** The tokens with these ids, in order; undefined for each that does not exist. */
export const findIngestTokens = ingestTokens.find;

/**
 * From now on the token is refused. It cannot be made valid again, so it is confirmed by its name; its senders need
 * another one. Repeating it changes nothing.
 */
export async function revokeIngestToken(
  { db }: Db,
  id: string,
  confirmName: string,
): Promise<IngestTokenView | TokenNotFound | NotConfirmed> {
  const key = rowId(id);
  const [row] = key === undefined ? [] : await db.select().from(ingestToken).where(eq(ingestToken.id, key));
  if (!row) return { kind: 'TokenNotFound', message: 'there is no ingest token with this id' };
  if (confirmName !== row.name) {
    const message = `confirmName: expected ${JSON.stringify(row.name)}, the token's name, to confirm, got something else`;
    return { kind: 'NotConfirmed', message };
  }
  const [revoked] = await db
    .update(ingestToken)
    .set({ revokedAt: sql`coalesce(${ingestToken.revokedAt}, now())` })
    .where(eq(ingestToken.id, row.id))
    .returning();
  return viewOf(revoked as Row);
}

type Row = typeof ingestToken.$inferSelect;

/** A token with which a sender pushes events. Any number are valid at once. */
function viewOf({ id, name, hint, createdAt, lastUsedAt, revokedAt }: Row) {
  return {
    kind: 'IngestToken' as const,
    id: String(id),
    name,
    /** How the token ends, to tell it from others. */
    hint,
    createdAt,
    /** To about a minute. */
    lastUsedAt: lastUsedAt ?? undefined,
    revokedAt: revokedAt ?? undefined,
  };
}
