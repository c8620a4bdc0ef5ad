import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { ledgerDifference } from '../db/schema.js';
import type { LedgerQuantity } from './recount.js';

export type LedgerDifferenceView = Readonly<ReturnType<typeof viewOf>>;

const differences = collection({
  select: ({ db }: Db) => db.select().from(ledgerDifference),
  id: ledgerDifference.id,
  viewOf,
});

interface LedgerDifferenceFilter {
  readonly currentId?: string | undefined;
  readonly isResolved?: boolean | undefined;
}

/** The newest first. */
export function listLedgerDifferences(
  admin: Db,
  page: PageRequest,
  { currentId, isResolved }: LedgerDifferenceFilter = {},
): Promise<Page<LedgerDifferenceView>> {
  const condition = and(
    currentId === undefined ? undefined : eq(ledgerDifference.currentId, rowId(currentId) ?? 0),
    isResolved === undefined
      ? undefined
      : isResolved
        ? isNotNull(ledgerDifference.resolvedAt)
        : isNull(ledgerDifference.resolvedAt),
  );
  return differences.list(admin, page, condition);
}

/** The differences with these ids, in order; undefined for each that does not exist. */
export const findLedgerDifferences = differences.find;

function viewOf({
  id,
  currentId,
  deliveryId,
  quantity,
  code,
  resolvedAt,
  ...row
}: typeof ledgerDifference.$inferSelect) {
  return {
    kind: 'StoredLedgerDifference' as const,
    id: String(id),
    currentId: String(currentId),
    day: row.day,
    /** Undefined when it is about the whole day. */
    deliveryKey: deliveryId === '0' ? undefined : deliveryId,
    quantity: quantity as LedgerQuantity,
    code: code === '' ? undefined : code,
    expectedCount: row.expected,
    storedCount: row.stored,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    resolvedAt: resolvedAt ?? undefined,
  };
}
