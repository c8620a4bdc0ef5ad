import type { Admin } from '../admin/admin.js';
import { rowId } from '../admin/page.js';

export type WebhookState = 'live' | 'paused' | 'blocked';

/** Somebody who is told of a segment's entries and exits, in order, each at least once. */
export interface WebhookView {
  readonly kind: 'SegmentWebhook';
  readonly id: string;
  readonly segmentId: string;
  readonly url: string;
  readonly state: WebhookState;
  readonly stateSince: Date;
  /** Why it is blocked, or why it waits; undefined when all is well. */
  readonly trouble: { readonly code: string; readonly detail: string; readonly until: Date | undefined } | undefined;
  /** Told of everything up to here. */
  readonly changesCursor: string;
  /** Entries and exits it was told of, has yet to be told of, and was not told of because nobody took them in time. */
  readonly delivered: number;
  readonly pending: number;
  readonly expired: number;
  readonly lastDeliveredAt: Date | undefined;
  readonly createdAt: Date;
}

export interface WebhookNotFound {
  readonly kind: 'SegmentWebhookNotFound';
  readonly message: string;
}

export function webhookNotFound(id: string): WebhookNotFound {
  return {
    kind: 'SegmentWebhookNotFound',
    message: `there is no webhook with the id ${JSON.stringify(id.slice(0, 40))}`,
  };
}

export interface WebhookRow {
  readonly id: number;
  readonly segment_id: number;
  readonly url: string;
  readonly state: WebhookState;
  readonly state_since: Date;
  readonly delivered_change_id: string;
  readonly delivered_count: string;
  readonly expired_count: string;
  readonly pending: number;
  readonly last_delivered_at: Date | null;
  readonly deferral_until: Date | null;
  readonly deferral_code: string | null;
  readonly deferral_detail: string | null;
  readonly blocked_code: string | null;
  readonly blocked_detail: string | null;
  readonly created_at: Date;
}

export function webhookColumns({ sql }: Pick<Admin, 'sql'>) {
  return sql`
    w.id, w.segment_id, w.url, w.state, w.state_since, w.delivered_change_id, w.delivered_count, w.expired_count, w.last_delivered_at, w.deferral_until, w.deferral_code,
    w.deferral_detail, w.blocked_code, w.blocked_detail, w.created_at,
    (select count(*)::int from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id) as pending`;
}

export async function findWebhook(admin: Pick<Admin, 'sql'>, id: string): Promise<WebhookRow | undefined> {
  const [row] = await admin.sql<
    WebhookRow[]
  >`select ${webhookColumns(admin)} from segment_webhook w where w.id = ${rowId(id) ?? 0} and w.state <> 'deleted'`;
  return row;
}

export function webhookViewOf(row: WebhookRow): WebhookView {
  return {
    kind: 'SegmentWebhook',
    id: String(row.id),
    segmentId: String(row.segment_id),
    url: row.url,
    state: row.state,
    stateSince: row.state_since,
    trouble: troubleOf(row),
    changesCursor: row.delivered_change_id,
    delivered: Number(row.delivered_count),
    pending: row.pending,
    expired: Number(row.expired_count),
    lastDeliveredAt: row.last_delivered_at ?? undefined,
    createdAt: row.created_at,
  };
}

function troubleOf(row: WebhookRow): WebhookView['trouble'] {
  if (row.state === 'blocked')
    return { code: row.blocked_code ?? '', detail: row.blocked_detail ?? '', until: undefined };
  if (row.deferral_code === null) return undefined;
  return { code: row.deferral_code, detail: row.deferral_detail ?? '', until: row.deferral_until ?? undefined };
}
