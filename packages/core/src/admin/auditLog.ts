import type { Admin } from './admin.js';
import { checkFirst, maxCounted, pageOf, readCursor, writeCursor, type Page, type PageRequest } from './page.js';

/** An action that was performed or attempted. */
export interface AuditEntry {
  readonly id: string;
  readonly occurredAt: Date;
  readonly actor: 'admin_token' | 'system';
  /** Undefined for the hub itself, and for a token that no longer exists. */
  readonly adminTokenId: string | undefined;
  /** The name of the mutation. */
  readonly action: string;
  /** The typed id of the object that the action was about. */
  readonly targetId: string | undefined;
  /** The arguments without anything secret; undefined where the action failed. */
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
  /** The kind of the answer; `refused` or `failed` where there was none. */
  readonly result: string;
  readonly succeeded: boolean;
}

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'occurredAt' | 'actor'>;

type Sql = Pick<Admin, 'sql'>;

/** Records an action. Its arguments must hold nothing secret: every admin can read them. */
export async function recordAuditEntry(
  { sql }: Sql,
  { adminTokenId, action, targetId, arguments: given, result, succeeded }: NewAuditEntry,
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
    values (${adminTokenId === undefined ? null : Number(adminTokenId)}, ${action}, ${targetId ?? null}, ${json}::text::jsonb, ${result}, ${succeeded})`;
}

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly targetId?: string | undefined;
  readonly succeeded?: boolean | undefined;
}

/** The audit log, the newest entry first. */
export async function listAuditEntries(
  { sql }: Sql,
  request: PageRequest,
  { action, targetId, succeeded }: AuditFilter = {},
): Promise<Page<AuditEntry>> {
  checkFirst(request.first);
  const [cursor] = readCursor(request.after, 1) ?? [];
  const target = targetId?.replaceAll('\0', '\uFFFD') ?? null;
  const matching = sql`
    (${action ?? null}::text is null or action = ${action ?? null})
      and (${target}::text is null or target_id = ${target})
      and (${succeeded ?? null}::boolean is null or succeeded = ${succeeded ?? null})`;
  const rows = await sql<Row[]>`
    select * from audit_entry
    where ${matching} and (${cursor ?? null}::bigint is null or id < ${cursor ?? null}::bigint)
    order by id desc limit ${request.first + 1}`;
  return pageOf(
    rows.map(viewOf),
    request,
    ({ id }) => writeCursor(id),
    async () => (await sql`select from audit_entry where ${matching} limit ${maxCounted + 1}`).count,
  );
}

/** The entries with these ids, in order; undefined for each that does not exist. */
export async function findAuditEntries(
  { sql }: Sql,
  ids: readonly string[],
): Promise<readonly (AuditEntry | undefined)[]> {
  const rows = await sql<Row[]>`select * from audit_entry where id = any(${ids as string[]}::bigint[])`;
  const views = rows.map(viewOf);
  return ids.map((id) => views.find((view) => view.id === id));
}

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly actor: AuditEntry['actor'];
  readonly admin_token_id: number | null;
  readonly action: string;
  readonly target_id: string | null;
  readonly arguments: Readonly<Record<string, unknown>> | null;
  readonly result: string;
  readonly succeeded: boolean;
}

function viewOf(row: Row): AuditEntry {
  return {
    id: row.id,
    occurredAt: row.at,
    actor: row.actor,
    adminTokenId: row.admin_token_id === null ? undefined : String(row.admin_token_id),
    action: row.action,
    targetId: row.target_id ?? undefined,
    arguments: row.arguments ?? undefined,
    result: row.result,
    succeeded: row.succeeded,
  };
}
