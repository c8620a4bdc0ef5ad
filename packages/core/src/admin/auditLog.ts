import { and, eq } from 'drizzle-orm';
import { auditEntry } from '../db/schema.js';
import type { Db } from './admin.js';
import { collection } from './collection.js';
import { storable, type Page, type PageRequest } from './page.js';

/**
 * An action that was performed or attempted. `action` is the name of the mutation; `result` is the kind of the answer,
 * `refused`, `failed` or `forbidden` where there was none.
 */
export type AuditEntry = Readonly<ReturnType<typeof viewOf>>;

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'occurredAt' | 'actor'>;

/** Records an action. Its arguments must hold nothing secret: every admin can read them. */
export async function recordAuditEntry(
  { db }: Db,
  { adminTokenId, arguments: given, ...entry }: NewAuditEntry,
): Promise<void> {
  // Postgres takes neither NUL nor half a character in JSON, and an admin may send both.
  const replacer = (_key: string, value: unknown) =>
    typeof value === 'string' ? storable(value.toWellFormed()) : value;
  await db.insert(auditEntry).values({
    ...entry,
    adminTokenId: adminTokenId === undefined ? null : Number(adminTokenId),
    arguments: given && (JSON.parse(JSON.stringify(given, replacer)) as typeof given),
  });
}

interface AuditFilter {
  readonly action?: string | undefined;
  readonly targetId?: string | undefined;
  readonly succeeded?: boolean | undefined;
}

const auditEntries = collection({ select: ({ db }: Db) => db.select().from(auditEntry), id: auditEntry.id, viewOf });

/** The audit log, the newest entry first. */
export function listAuditEntries(
  admin: Db,
  page: PageRequest,
  { action, targetId, succeeded }: AuditFilter = {},
): Promise<Page<AuditEntry>> {
  const condition = and(
    action === undefined ? undefined : eq(auditEntry.action, action),
    targetId === undefined ? undefined : eq(auditEntry.targetId, storable(targetId)),
    succeeded === undefined ? undefined : eq(auditEntry.succeeded, succeeded),
  );
  return auditEntries.list(admin, page, condition);
}

/** The entries with these ids, in order; undefined for each that does not exist. */
export const findAuditEntries = auditEntries.find;

function viewOf({ id, at, adminTokenId, targetId, arguments: given, ...entry }: typeof auditEntry.$inferSelect) {
  return {
    ...entry,
    id: String(id),
    occurredAt: at,
    /** Undefined for the hub itself, and for a token that no longer exists. */
    adminTokenId: adminTokenId === null ? undefined : String(adminTokenId),
    /** The typed id of the object that the action was about. */
    targetId: targetId ?? undefined,
    /** The arguments without anything secret; undefined where the action failed. */
    arguments: given ?? undefined,
  };
}
