import { eq, inArray } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { inOrderOf, keysetPage } from '../admin/keysetPage.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { segmentWebhookExpiry } from '../db/schema.js';

/** Changes that were not delivered to a webhook in time. */
export interface WebhookExpiry {
  readonly kind: 'SegmentWebhookExpiry';
  readonly id: string;
  readonly webhookId: string;
  readonly changeCount: number;
  /** The expired changes are those after the first cursor, up to the last, for as long as they are stored. */
  readonly afterCursor: string;
  readonly lastCursor: string;
  readonly code: string;
  readonly detail: string;
  readonly expiredAt: Date;
}

/** A webhook's expired changes, the newest first. */
export function listWebhookExpiries(
  admin: Pick<Admin, 'db'>,
  webhookId: string,
  page: PageRequest,
): Promise<Page<WebhookExpiry>> {
  return keysetPage(admin, page, {
    select: (where) => admin.db.select().from(segmentWebhookExpiry).where(where),
    where: eq(segmentWebhookExpiry.webhookId, rowId(webhookId) ?? 0),
    key: segmentWebhookExpiry.id,
    keyOf: ({ id }) => id,
    viewOf: expiryViewOf,
  });
}

/** Expiries by their ids, in the order of the ids. */
export async function findWebhookExpiries(
  { db }: Pick<Admin, 'db'>,
  ids: readonly string[],
): Promise<readonly (WebhookExpiry | undefined)[]> {
  const rows = await db
    .select()
    .from(segmentWebhookExpiry)
    .where(inArray(segmentWebhookExpiry.id, ids.map(Number)));
  return inOrderOf(ids, rows.map(expiryViewOf));
}

function expiryViewOf(row: typeof segmentWebhookExpiry.$inferSelect): WebhookExpiry {
  return {
    kind: 'SegmentWebhookExpiry',
    id: String(row.id),
    webhookId: String(row.webhookId),
    changeCount: row.changeCount,
    afterCursor: String(BigInt(row.firstChangeId) - 1n),
    lastCursor: row.lastChangeId,
    code: row.code,
    detail: row.detail,
    expiredAt: row.expiredAt,
  };
}
