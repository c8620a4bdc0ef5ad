import { and, eq, ne, sql } from 'drizzle-orm';
import { credentialRotation, current } from '../db/schema.js';
import type { Admin } from '../admin/admin.js';
import { findCurrent, oneViewOf } from './currents.js';
import type { CurrentView } from './currentView.js';
import { currentNotFound, type CurrentNotFound, type NotConfirmed, type CurrentWrongState } from '../admin/problem.js';
import { wrongState } from './transitions.js';

interface CurrentDeleted {
  readonly kind: 'CurrentDeleted';
  readonly current: CurrentView;
  /** Events that were still pending; they become dead letters with the code `current_deleted`. */
  readonly pendingCount: number;
}

/**
 * Ends a Current for good: it sends nothing, its credentials are wiped and its name is free. Its counts and
 * dead letters can still be looked at. Confirmed by giving its name exactly.
 */
export async function deleteCurrent(
  admin: Admin,
  id: string,
  confirmName: string,
): Promise<CurrentDeleted | CurrentNotFound | CurrentWrongState | NotConfirmed> {
  const row = await findCurrent(admin.db, id);
  if (!row) return currentNotFound();
  if (row.state === 'deleted') return wrongState(row, 'delete');
  const before = await oneViewOf(admin, row);
  if (confirmName !== row.name) {
    const { pending } = before.counts;
    const message = `confirmName: expected ${JSON.stringify(row.name)}, the Current's name, to confirm, got something else; ${pending} events are pending and would expire`;
    return { kind: 'NotConfirmed', message };
  }
  const [deleted] = await admin.db
    .update(current)
    .set({
      state: 'deleted',
      stateSince: sql`now()`,
      updatedAt: sql`now()`,
      credentials: null,
      blockedCode: null,
      blockedDetail: null,
      probeAt: null,
      deferralUntil: null,
      deferralCode: null,
      deferralDetail: null,
    })
    .where(and(eq(current.id, row.id), eq(current.name, row.name), ne(current.state, 'deleted')))
    .returning();
  // Another admin renamed or deleted it in this very moment: look again.
  if (!deleted) return deleteCurrent(admin, id, confirmName);
  // If the process dies before this, the sweep deletes them.
  await admin.db.delete(credentialRotation).where(eq(credentialRotation.currentId, deleted.id));
  const view = await oneViewOf(admin, deleted);
  return { kind: 'CurrentDeleted', current: view, pendingCount: view.counts.pending };
}
