import type { Admin } from './admin.js';
import { checkFirst, pageOf, readCursor, writeCursor, type Page, type PageRequest } from './page.js';

/** Something an admin did, or tried to. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  /** Undefined when the token's row was deleted from the database by hand. */
  readonly adminTokenId: string | undefined;
  /** The name of the mutation. */
  readonly deed: string;
  /** What it was done to: a Current, a segment, a key. */
  readonly subjectId: string | undefined;
  /** What was given, without anything secret; undefined where the deed was refused. */
  readonly given: Readonly<Record<string, unknown>> | undefined;
  /** What the answer was: the kind of it; `refused` or `failed` where there was none. */
  readonly result: string;
  /** Whether it was done, and not refused. */
  readonly done: boolean;
}

type Sql = Pick<Admin, 'sql'>;

/** Keeps a deed. What is given must hold nothing secret: it can be read again by every admin. */
export async function recordAuditEntry(
  { sql }: Sql,
  { adminTokenId, deed, subjectId, given, result, done }: Omit<AuditEntry, 'id' | 'at'>,
): Promise<void> {
  // Postgres takes neither NUL nor half a character in JSON, and an admin may send both.
  const json =
    given === undefined
      ? null
      : JSON.stringify(given, (_key, value: unknown) =>
          typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value,
        );
  await sql`
    insert into audit_entry (admin_token_id, action, target_id, arguments, result, succeeded)
    values (${adminTokenId === undefined ? null : Number(adminTokenId)}, ${deed}, ${subjectId?.replaceAll('\0', '\uFFFD') ?? null}, ${json}::text::jsonb, ${result}, ${done})`;
}

export interface AuditFilter {
  readonly deed?: string | undefined;
  readonly subjectId?: string | undefined;
}

/** The history of deeds, the newest first. */
export async function listAuditEntries(
  { sql }: Sql,
  { first, after }: PageRequest,
  { deed, subjectId }: AuditFilter = {},
): Promise<Page<AuditEntry>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const [wantedDeed, wantedSubject] = [deed, subjectId].map((text) => text?.replaceAll('\0', '\uFFFD') ?? null);
  const rows = await sql<Row[]>`
    select id, at, admin_token_id, action, target_id, arguments, result, succeeded from audit_entry
    where (${wantedDeed ?? null}::text is null or action = ${wantedDeed ?? null})
      and (${wantedSubject ?? null}::text is null or target_id = ${wantedSubject ?? null})
      and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${first + 1}`;
  return pageOf(rows.map(deedOf), { first, after }, ({ id }) => writeCursor(id));
}

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly admin_token_id: number | null;
  readonly action: string;
  readonly target_id: string | null;
  readonly arguments: Readonly<Record<string, unknown>> | null;
  readonly result: string;
  readonly succeeded: boolean;
}

function deedOf({ id, at, admin_token_id, action, target_id, arguments: given, result, succeeded }: Row): AuditEntry {
  return {
    id,
    at,
    adminTokenId: admin_token_id === null ? undefined : String(admin_token_id),
    deed: action,
    subjectId: target_id ?? undefined,
    given: given ?? undefined,
    result,
    done: succeeded,
  };
}
