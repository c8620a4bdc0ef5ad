import { and, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { notice } from '../db/schema.js';
import { readSubject, type NoticeKind } from './noticeKinds.js';

/** Where a notice stands. `pending`: it is still to be sent to some recipient. */
export type NoticeViewState = 'pending' | 'sent' | 'failed' | 'muted' | 'no_recipient';

/** A mail or request with the notice. */
export interface NoticeDelivery {
  readonly channel: 'mail' | 'webhook';
  /** An address, or a URL. */
  readonly recipient: string;
  readonly state: 'pending' | 'sent' | 'failed';
  readonly transport: 'smtp' | 'log' | 'http' | null;
  readonly attempts: number;
  readonly sentAt: string | null;
  readonly failureCode: string | null;
  readonly failureDetail: string | null;
}

export type NoticeView = Readonly<ReturnType<typeof viewOf>>;

/** A notice has few recipients: its address or those of the hub, and the webhooks. */
const maxDeliveries = 50;

const columns = {
  ...getTableColumns(notice),
  deliveries: sql<readonly NoticeDelivery[] | null>`(
    select jsonb_agg(jsonb_build_object('channel', channel, 'recipient', recipient, 'transport', transport, 'attempts', attempts,
      'state', case when state in ('gathering', 'ready') then 'pending' else state end, 'sentAt', sent_at,
      'failureCode', failure_code, 'failureDetail', failure_detail) order by id)
    from (
      select m.* from notice_message_item i join notice_message m on m.id = i.message_id
      where i.notice_id = "notice"."id" order by m.id limit ${maxDeliveries}
    ) messages)`,
};

type Row = typeof notice.$inferSelect & { readonly deliveries: readonly NoticeDelivery[] | null };

const notices = collection({ select: ({ db }: Db) => db.select(columns).from(notice), id: notice.id, viewOf });

interface NoticeFilter {
  readonly kind?: NoticeKind | undefined;
  readonly currentId?: string | undefined;
  readonly state?: NoticeViewState | undefined;
}

/** The newest first. */
export function listNotices(
  admin: Db,
  page: PageRequest,
  { kind, currentId, state }: NoticeFilter = {},
): Promise<Page<NoticeView>> {
  const states = state === 'pending' ? (['raised', 'pending'] as const) : state === undefined ? undefined : [state];
  const condition = and(
    kind === undefined ? undefined : eq(notice.kind, kind),
    currentId === undefined ? undefined : eq(notice.currentId, rowId(currentId) ?? 0),
    states === undefined ? undefined : inArray(notice.state, [...states]),
  );
  return notices.list(admin, page, condition);
}

/** The notices with these ids, in order; undefined for each that does not exist. */
export const findNotices = notices.find;

function viewOf({ id, kind, subject, currentId, since, eventCount, state, endedAt, deliveries, ...row }: Row) {
  return {
    kind: 'Notice' as const,
    id: String(id),
    noticeKind: kind as NoticeKind,
    severity: row.severity,
    subject: readSubject(subject),
    /** Whether it is about a state that may last. */
    isAlarm: row.isAlarm,
    currentId: currentId === null ? undefined : String(currentId),
    startedAt: since ?? undefined,
    eventCount: eventCount ?? undefined,
    message: row.message,
    remedy: row.remedy,
    state: state === 'raised' ? 'pending' : state,
    raisedAt: row.raisedAt,
    endedAt: endedAt ?? undefined,
    deliveries: (deliveries ?? []).map(({ sentAt, ...delivery }) => ({
      ...delivery,
      sentAt: sentAt === null ? undefined : new Date(sentAt),
    })),
  };
}
