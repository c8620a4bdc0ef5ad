import { getTableColumns, ne, sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { segmentWebhook } from '../db/schema.js';

export type WebhookState = 'live' | 'paused' | 'blocked';
export type WebhookAction = 'pause' | 'resume' | 'rotate_secret' | 'delete';

/** A receiver of a segment's changes: in order, each at least once. */
export interface WebhookView {
  readonly kind: 'SegmentWebhook';
  readonly id: string;
  readonly segmentId: string;
  readonly url: string;
  readonly state: WebhookState;
  readonly stateSince: Date;
  readonly allowedActions: readonly WebhookAction[];
  /** Why the next request waits, and until when. */
  readonly deferral: { readonly until: Date; readonly code: string; readonly detail: string } | undefined;
  /** Why it is blocked. */
  readonly block: { readonly code: string; readonly detail: string } | undefined;
  /** Changes up to here are delivered or expired. */
  readonly changesCursor: string;
  readonly deliveredCount: number;
  readonly pendingCount: number;
  /** Changes that were not delivered within the retry window. */
  readonly expiredCount: number;
  readonly lastDeliveredAt: Date | undefined;
  readonly createdAt: Date;
}

export interface WebhookNotFound {
  readonly kind: 'SegmentWebhookNotFound';
  readonly message: string;
}

export const webhookNotFound: WebhookNotFound = {
  kind: 'SegmentWebhookNotFound',
  message: 'there is no webhook with this id',
};

const webhookColumns = {
  ...getTableColumns(segmentWebhook),
  pendingCount: sql<number>`(select count(*)::int from segment_change c
    where c.segment_id = segment_webhook.segment_id and c.id > segment_webhook.delivered_change_id)`,
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

function webhookViewOf(row: Row): WebhookView {
  // Deleted ones are never selected.
  const state = row.state as WebhookState;
  const { deferralUntil: until, deferralCode, deferralDetail } = row;
  return {
    kind: 'SegmentWebhook',
    id: String(row.id),
    segmentId: String(row.segmentId),
    url: row.url,
    state,
    stateSince: row.stateSince,
    allowedActions: actions[state],
    deferral:
      state === 'blocked' || until === null || deferralCode === null
        ? undefined
        : { until, code: deferralCode, detail: deferralDetail ?? '' },
    block: state === 'blocked' ? { code: row.blockedCode ?? '', detail: row.blockedDetail ?? '' } : undefined,
    changesCursor: row.deliveredChangeId,
    deliveredCount: row.deliveredCount,
    pendingCount: row.pendingCount,
    expiredCount: row.expiredCount,
    lastDeliveredAt: row.lastDeliveredAt ?? undefined,
    createdAt: row.createdAt,
  };
}
