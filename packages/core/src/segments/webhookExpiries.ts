import { eq } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { segmentWebhookExpiry } from '../db/schema.js';

/** Changes that were not delivered to a webhook in time. */
export type WebhookExpiry = Readonly<ReturnType<typeof expiryViewOf>>;

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

function expiryViewOf({
  id,
  webhookId,
  firstChangeId,
  lastChangeId,
  ...row
}: typeof segmentWebhookExpiry.$inferSelect) {
  return {
    kind: 'SegmentWebhookExpiry' as const,
    ...row,
    id: String(id),
    webhookId: String(webhookId),
    /** The expired changes are those after the first cursor, up to the last, for as long as they are stored. */
    afterCursor: String(BigInt(firstChangeId) - 1n),
    lastCursor: lastChangeId,
  };
}
