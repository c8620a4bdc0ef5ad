import type { Sql } from '../db/connect.js';
import { readSubject, subjectText, type NoticeKind } from './noticeKinds.js';
import { currentIdOf, storable, type Happening, type NewNotice } from './raiseNotice.js';

/** A state that is so now. Its episode is when it began; without `since`, when it was first seen. */
export type Alarm = NewNotice;

/** An alarm whose state has ended. */
export interface EndedAlarm {
  readonly id: string;
  readonly kind: NoticeKind;
  readonly subject: ReturnType<typeof readSubject>;
  readonly episode: string;
  readonly since: Date | null;
}

interface OpenAlarm extends Omit<EndedAlarm, 'subject'> {
  readonly subject: string;
}

/** An alarm without a beginning of its own is not raised again so soon after its end: its value may move about a limit. */
const maxFlappingMs = 3_600_000;

const keyOf = (kind: string, subject: string): string => `${kind} ${subject}`;

/**
 * Compares the alarms that are stored with the states that are so now: raises a notice for each new state, and ends the
 * alarms of others. Any number of workers may do so at once: each notice is stored once.
 * @param kinds those of which `present` is all there is.
 * @param closing the notice that says that an alarm has ended; undefined where none is sent.
 */
export async function updateAlarms(
  sql: Sql,
  kinds: readonly NoticeKind[],
  present: readonly Alarm[],
  closing: (ended: EndedAlarm) => Omit<Happening, 'episode'> | undefined,
): Promise<void> {
  const open = await sql<OpenAlarm[]>`
    select id, kind, subject, episode, since from notice
    where is_alarm and ended_at is null and kind in ${sql([...kinds])}`;
  const now = new Map(present.map((alarm) => [keyOf(alarm.kind, subjectText(alarm.subject)), alarm]));
  const known = new Set<string>();
  const ended: EndedAlarm[] = [];
  for (const { subject, ...alarm } of open) {
    const key = keyOf(alarm.kind, subject);
    const same = now.get(key);
    if (same && (same.since === undefined || same.since.toISOString() === alarm.episode)) known.add(key);
    else ended.push({ ...alarm, subject: readSubject(subject) });
  }
  if (ended.length > 0) await endAlarms(sql, ended, closing);
  const fresh = [...now].filter(([key]) => !known.has(key)).map(([, alarm]) => alarm);
  if (fresh.length > 0) await insertAlarms(sql, fresh);
}

/** Ends alarms and stores what says so, in one statement: neither is there without the other. */
async function endAlarms(
  sql: Sql,
  alarms: readonly EndedAlarm[],
  closing: (ended: EndedAlarm) => Omit<Happening, 'episode'> | undefined,
): Promise<void> {
  const closings = alarms.flatMap((alarm) => {
    const notice = closing(alarm);
    return notice ? [{ ...columnsOf(notice), ends: alarm.id, episode: alarm.episode }] : [];
  });
  await sql`
    with ended as (
      update notice set ended_at = now() where id in ${sql(alarms.map(({ id }) => id))} and ended_at is null returning id
    )
    insert into notice (kind, severity, subject, current_id, episode, is_alarm, since, event_count, message, remedy)
    select kind, severity, subject, current_id, episode, false, since, event_count, message, remedy
    from jsonb_to_recordset(${sql.json(closings)}) c (
      ends bigint, kind text, severity text, subject text, current_id integer, episode text, since timestamptz,
      event_count bigint, message text, remedy text)
    where ends in (select id from ended)
    on conflict do nothing`;
}

async function insertAlarms(sql: Sql, alarms: readonly Alarm[]): Promise<void> {
  const rows = alarms.map((alarm) => ({ ...columnsOf(alarm), episode: alarm.since?.toISOString() ?? null }));
  await sql`
    insert into notice (kind, severity, subject, current_id, episode, is_alarm, since, event_count, message, remedy)
    select kind, severity, subject, current_id, coalesce(episode, now()::text), true, since, event_count, message, remedy
    from jsonb_to_recordset(${sql.json(rows)}) a (
      kind text, severity text, subject text, current_id integer, episode text, since timestamptz, event_count bigint,
      message text, remedy text)
    where episode is not null or not exists (
      select from notice n where n.kind = a.kind and n.subject = a.subject
        and n.ended_at > now() - ${maxFlappingMs}::int * interval '1 millisecond')
    on conflict do nothing`;
}

function columnsOf(notice: NewNotice) {
  return {
    kind: notice.kind,
    severity: notice.severity,
    subject: subjectText(notice.subject),
    current_id: currentIdOf(notice),
    since: notice.since?.toISOString() ?? null,
    event_count: notice.count ?? null,
    message: storable(notice.message),
    remedy: storable(notice.remedy),
  };
}
