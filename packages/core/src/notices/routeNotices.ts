import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
import type { NoticeKind, NoticeState } from './noticeKinds.js';

export interface RouteOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'noticeRouted'>;
  /** Addresses for notices of the whole hub. None: the contact addresses of all Currents. */
  readonly to: readonly string[];
  /** How long a mail gathers notices. */
  readonly groupMs: number;
}

/** SQL: there are notices without messages. */
export const hasUnrouted = `exists (select from notice where state = 'raised')`;

/** Notices routed in one statement. */
const maxNotices = 100;
/** Without `NOTICE_TO`, so many contact addresses get what is about the whole hub. */
const maxContacts = 20;

interface Routed {
  readonly id: string;
  readonly kind: NoticeKind;
  readonly subject: string;
  readonly severity: string;
  readonly state: NoticeState;
}

/**
 * Makes the messages of new notices, in one statement, so each notice is in one message to each of its recipients. What
 * arises for an address within `groupMs` is in one mail; a webhook gets a request for each notice. While it is muted, a
 * notice has no messages. A test notice waits for nothing and is never muted.
 */
export async function routeNotices({ sql, log, metrics, to, groupMs }: RouteOptions): Promise<void> {
  const routed = await sql<Routed[]>`
    with raised as materialized (
      select id, kind, current_id from notice where state = 'raised' order by id limit ${maxNotices} for update skip locked
    ), audible as materialized (
      select * from raised r where kind = 'test' or not exists (
        select from notice_mute m where m.until > now() and (m.current_id is null or m.current_id = r.current_id))
    ), addressed as materialized (
      select distinct a.id, a.kind = 'test' as is_test, r.address from audible a cross join lateral (
        select contact_email as address from current c where c.id = a.current_id
        union all select unnest(${[...to]}::text[]) where a.current_id is null
        union all (
          select distinct contact_email from current
          where a.current_id is null and ${to.length} = 0 and state not in ('draft', 'deleted') order by 1 limit ${maxContacts})
      ) r
    ), grouped as (
      insert into notice_message (channel, recipient, state, due_at)
      select 'mail', address, 'gathering', now() + ${groupMs}::int * interval '1 millisecond'
      from (select distinct address from addressed where not is_test order by address) addresses
      on conflict (recipient) where state = 'gathering' do update set recipient = excluded.recipient
      returning id, recipient
    ), single as materialized (
      select id as notice_id, gen_random_uuid() as key, 'mail' as channel, address as recipient, null::integer as webhook_id
      from addressed where is_test
      union all
      select a.id, gen_random_uuid(), 'webhook', w.url, w.id from audible a join notice_webhook w on w.state <> 'deleted'
    ), inserted as (
      insert into notice_message (key, channel, recipient, webhook_id, state)
      select key, channel, recipient, webhook_id, 'ready' from single returning id, key
    ), items as (
      insert into notice_message_item (message_id, notice_id)
      select g.id, a.id from addressed a join grouped g on g.recipient = a.address and not a.is_test
      union all select i.id, s.notice_id from inserted i join single s on s.key = i.key
      returning notice_id
    )
    update notice n set state = case
        when not exists (select from audible a where a.id = n.id) then 'muted'
        when exists (select from items i where i.notice_id = n.id) then 'pending'
        else 'no_recipient' end
    from raised r where n.id = r.id
    returning n.id, n.kind, n.subject, n.severity, n.state`;
  for (const { id: notice, ...rest } of routed) {
    metrics.noticeRouted(rest.kind, rest.state);
    log.info({ event: 'notice.raised', notice, ...rest });
  }
}

/**
 * Sends what was muted once the mute has ended, if it is still so: alarms that have not ended are raised anew, and are
 * routed as any other notice.
 */
export async function raiseFormerlyMuted(sql: Sql): Promise<void> {
  await sql`
    update notice n set state = 'raised' where state = 'muted' and is_alarm and ended_at is null and not exists (
      select from notice_mute m where m.until > now() and (m.current_id is null or m.current_id = n.current_id))`;
  await sql`delete from notice_mute where until < now() - interval '1 day'`;
}
