import type { Queries } from '../db/session.js';
import { subjectText, type NoticeKind, type NoticeSubject } from './noticeKinds.js';

/** What a notice says. None of it may hold a secret, or anything of an event except the name of its type. */
export interface NewNotice {
  readonly kind: NoticeKind;
  readonly severity: 'critical' | 'warning' | 'info';
  /** Undefined: the whole hub. A notice about a Current is sent to its contact address. */
  readonly subject?: NoticeSubject | undefined;
  /** Since when it is so. */
  readonly since?: Date | undefined;
  /** Events that it is about. */
  readonly count?: number | undefined;
  /** What happened, in a sentence or two for people. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface Happening extends NewNotice {
  /** Names the change of state: of two notices with the same kind, subject and episode, only the first is stored. */
  readonly episode: string;
}

/**
 * Stores a notice, unless there is one of its kind, subject and episode. Workers send it, so any process may call this, in
 * a transaction too. Returns whether it is new.
 */
export async function raiseNotice(sql: Queries, notice: Happening): Promise<boolean> {
  const stored = await sql`
    insert into notice (kind, severity, subject, current_id, episode, is_alarm, since, event_count, message, remedy)
    values (
      ${notice.kind}, ${notice.severity}, ${subjectText(notice.subject)}, ${currentIdOf(notice)}, ${notice.episode}, false,
      ${notice.since ?? null}, ${notice.count ?? null}, ${storable(notice.message)}, ${storable(notice.remedy)})
    on conflict do nothing`;
  return stored.count === 1;
}

export function currentIdOf({ subject }: Pick<NewNotice, 'subject'>): number | null {
  return subject?.type === 'Current' ? Number(subject.key) : null;
}

/** Postgres stores no NUL and no half of a character, and details of partners are text of others. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, maxTextLength);
}

const maxTextLength = 4_000;
