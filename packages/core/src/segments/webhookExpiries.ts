import { eq } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
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

const expiries = collection({
  select: ({ db }: Db) => db.select().from(segmentWebhookExpiry),
  id: segmentWebhookExpiry.id,
  viewOf: expiryViewOf,
});

/** A webhook's expired changes, the newest first. */
export function listWebhookExpiries(admin: Db, webhookId: string, page: PageRequest): Promise<Page<WebhookExpiry>> {
  return expiries.list(admin, page, eq(segmentWebhookExpiry.webhookId, rowId(webhookId) ?? 0));
}

/** Expiries by their ids, in the order of the ids. */
export const findWebhookExpiries = expiries.find;

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
