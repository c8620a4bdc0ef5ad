import { eq, isNull, sql } from 'drizzle-orm';
import { ingestToken } from '../db/schema.js';
import { hashToken, makeToken } from '../secrets/token.js';
import type { Db } from './admin.js';
import { collection } from './collection.js';
import { checkName, unlessNameTaken } from './name.js';
import { rowId, type Page, type PageRequest } from './page.js';
import {
  fieldProblem,
  inputInvalid,
  type FieldProblem,
  type InputInvalid,
  type NameTaken,
  type NotConfirmed,
  type Problem,
} from './problem.js';

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
  limits: GivenLimits = {},
): Promise<IngestTokenCreated | InputInvalid | NameTaken> {
  const name = checkName(given);
  const problems = [...('problem' in name ? [name.problem] : []), ...limitProblems(limits)];
  if ('problem' in name || problems.length > 0) return inputInvalid(problems);
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
      .values({ name: name.value, hash: hashToken(token), hint: `…${token.slice(-4)}`, ...limits })
      .returning();
    return { kind: 'IngestTokenCreated', token, ingestToken: viewOf(row as Row) };
  });
}

/** In a second. Absent: unchanged, or the default of a new token. Null: the api's default. 0: no limit. */
interface GivenLimits {
  readonly eventsPerSecond?: number | null | undefined;
  readonly bytesPerSecond?: number | null | undefined;
}

const largestLimits = { eventsPerSecond: 1_000_000, bytesPerSecond: 1_000_000_000 } as const;

function limitProblems(given: GivenLimits): readonly FieldProblem[] {
  return (['eventsPerSecond', 'bytesPerSecond'] as const).flatMap((field) => {
    const [value, max] = [given[field] ?? 0, largestLimits[field]];
    if (Number.isInteger(value) && value >= 0 && value <= max) return [];
    return [fieldProblem(field, 'out_of_range', `expected a whole number from 0 to ${max}, got ${value}`)];
  });
}

/** Changes what a token may send in a second; every api process follows within seconds. */
export async function updateIngestToken(
  { db }: Db,
  id: string,
  { eventsPerSecond, bytesPerSecond }: GivenLimits,
): Promise<IngestTokenView | TokenNotFound | InputInvalid> {
  const problems = limitProblems({ eventsPerSecond, bytesPerSecond });
  if (problems.length > 0) return inputInvalid(problems);
  const key = rowId(id);
  if (key === undefined) return tokenNotFound;
  const [row] = await db
    .update(ingestToken)
    .set({
      eventsPerSecond: eventsPerSecond === undefined ? sql`${ingestToken.eventsPerSecond}` : eventsPerSecond,
      bytesPerSecond: bytesPerSecond === undefined ? sql`${ingestToken.bytesPerSecond}` : bytesPerSecond,
    })
    .where(eq(ingestToken.id, key))
    .returning();
  return row ? viewOf(row) : tokenNotFound;
}

const tokenNotFound: TokenNotFound = { kind: 'TokenNotFound', message: 'there is no ingest token with this id' };

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
  if (!row) return tokenNotFound;
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
function viewOf({ id, name, hint, createdAt, lastUsedAt, revokedAt, eventsPerSecond, bytesPerSecond }: Row) {
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
    /** Null is the api's default; 0 is no limit. */
    eventsPerSecond,
    bytesPerSecond,
  };
}
