import { and, desc, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import { ingestToken } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Admin } from './admin.js';
import { checkName } from './name.js';
import { checkFirst, countRows, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from './page.js';
import { inputInvalid, type InputInvalid, type NameTaken, type NotConfirmed } from './problem.js';
import { violatesUnique } from './violation.js';

/** A token with which a sender pushes events. Any number are valid at once. */
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
      const message = `name: another ingest token is called ${JSON.stringify(name.value)} already`;
      return { kind: 'NameTaken', message, ownerType: 'IngestToken', ownerId: String(owner.id) };
    }
  }
}

/** Tokens, the newest first; revoked ones on request. */
export async function listIngestTokens(
  { db }: Pick<Admin, 'db'>,
  request: PageRequest,
  { includeRevoked = false }: { readonly includeRevoked?: boolean | undefined } = {},
): Promise<Page<IngestTokenView>> {
  checkFirst(request.first);
  const [cursor] = readCursor(request.after, 1) ?? [];
  const matching = includeRevoked ? undefined : isNull(ingestToken.revokedAt);
  const rows = await db
    .select()
    .from(ingestToken)
    .where(and(matching, cursor === undefined ? undefined : lt(ingestToken.id, Number(cursor))))
    .orderBy(desc(ingestToken.id))
    .limit(request.first + 1);
  return pageOf(
    rows.map(viewOf),
    request,
    ({ id }) => writeCursor(id),
    () => countRows({ db }, db.select().from(ingestToken).where(matching)),
  );
}

/** The tokens with these ids, in order; undefined for each that does not exist. */
export async function findIngestTokens(
  { db }: Pick<Admin, 'db'>,
  ids: readonly string[],
): Promise<readonly (IngestTokenView | undefined)[]> {
  const keys = ids.flatMap((id) => rowId(id) ?? []);
  const rows = keys.length === 0 ? [] : await db.select().from(ingestToken).where(inArray(ingestToken.id, keys));
  const views = rows.map(viewOf);
  return ids.map((id) => views.find((view) => view.id === id));
}

/**
 * From now on the token is refused. It cannot be made valid again, so it is confirmed by its name; its senders need
 * another one. Repeating it changes nothing.
 */
export async function revokeIngestToken(
  { db }: Pick<Admin, 'db'>,
  id: string,
  confirmName: string,
): Promise<IngestTokenView | TokenNotFound | NotConfirmed> {
  const key = rowId(id);
  const [row] = key === undefined ? [] : await db.select().from(ingestToken).where(eq(ingestToken.id, key));
  if (!row) return { kind: 'TokenNotFound', message: 'there is no ingest token with this id' };
  if (confirmName !== row.name) {
    return {
      kind: 'NotConfirmed',
      message: `confirmName: expected ${JSON.stringify(row.name)}, the token's name, to confirm, got something else`,
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
