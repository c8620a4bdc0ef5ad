import { getTableColumns, ne, sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { ofStoredWord } from '../admin/storedWord.js';
import type { Problem } from '../admin/problem.js';
import { segmentWebhook } from '../db/schema.js';

export type WebhookState = Exclude<typeof segmentWebhook.$inferSelect.state, 'deleted'>;
export type WebhookAction = 'pause' | 'resume' | 'rotate_secret' | 'delete';

/** A receiver of a segment's changes: in order, each at least once. */
export type WebhookView = Readonly<ReturnType<typeof webhookViewOf>>;

export type WebhookNotFound = Problem<'SegmentWebhookNotFound'>;
export const webhookNotFound: WebhookNotFound = {
  kind: 'SegmentWebhookNotFound',
  message: 'there is no webhook with this id',
};

const webhookColumns = {
  ...getTableColumns(segmentWebhook),
  pendingCount: sql<number>`(select count(*)::int from segment_change c
    where c.segment_id = segment_webhook.segment_id and c.id > segment_webhook.delivered_change_id)`,
  formerUntil:
    sql<Date | null>`case when ${segmentWebhook.formerUntil} > now() then ${segmentWebhook.formerUntil} end`.mapWith(
      segmentWebhook.formerUntil,
    ),
};

type Row = typeof segmentWebhook.$inferSelect & { readonly pendingCount: number };

/** All webhooks that are not deleted. */
export const webhooks = collection({
  select: ({ db }: Db) => db.select(webhookColumns).from(segmentWebhook),
  id: segmentWebhook.id,
  isVisible: ne(segmentWebhook.state, 'deleted'),
  viewOf: webhookViewOf,
});

/** Webhooks by their ids, in the order of the ids. */
export const findWebhooks = webhooks.find;

export async function getWebhook(admin: Db, id: string): Promise<WebhookView | WebhookNotFound> {
  return (await findWebhooks(admin, [id]))[0] ?? webhookNotFound;
}

const actions: Readonly<Record<WebhookState, readonly WebhookAction[]>> = {
  live: ['pause', 'rotate_secret', 'delete'],
  paused: ['resume', 'rotate_secret', 'delete'],
  blocked: ['pause', 'resume', 'rotate_secret', 'delete'],
};

function webhookViewOf(row: Row) {
  // Deleted ones are never selected.
  const state = row.state as WebhookState;
  const { deferralUntil: until, deferralCode, deferralDetail } = row;
  return {
    kind: 'SegmentWebhook' as const,
    id: String(row.id),
    segmentId: String(row.segmentId),
    url: row.url,
    state,
    stateSince: row.stateSince,
    allowedActions: ofStoredWord(actions, state) ?? [],
    /** Why the next request waits, and until when. */
    deferral:
      state === 'blocked' || until === null || deferralCode === null
        ? undefined
        : { until, code: deferralCode, detail: deferralDetail ?? '' },
    /** Why it is blocked. */
    block: state === 'blocked' ? { code: row.blockedCode ?? '', detail: row.blockedDetail ?? '' } : undefined,
    /** Changes up to here are delivered or expired. */
    changesCursor: row.deliveredChangeId,
    deliveredCount: row.deliveredCount,
    pendingCount: row.pendingCount,
    /** Changes that were not delivered within the retry window. */
    expiredCount: row.expiredCount,
    /** Until when the former secret signs requests, too. */
    formerSecretUntil: row.formerUntil ?? undefined,
    lastDeliveredAt: row.lastDeliveredAt ?? undefined,
    createdAt: row.createdAt,
  };
}
