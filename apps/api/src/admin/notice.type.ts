import type { NoticeKind as Kind, NoticeViewState } from '@currents/core';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { RequiresRole } from './base/role.js';
import { Count, DateTime } from './base/scalars.js';
import { costs } from './costs.js';
import { CurrentNotFound, InputInvalid } from './problem.type.js';

export const NoticeKind = storedEnumOf<Kind>('NoticeKind', 'What a notice is about.', {
  current_blocked: 'A Current was blocked.',
  current_resumed: 'A blocked Current delivers again, because a probe passed.',
  retry_window_used: 'A Current is blocked, and 50, 75 or 90 % of the retry window of its oldest event is used.',
  events_expired: 'Events of a Current expired: one notice for each Current and day on which they arrived.',
  webhook_blocked: 'A segment webhook was blocked.',
  webhook_resumed: 'A blocked segment webhook works again, because a probe passed.',
  changes_expired:
    'Entries and exits expired before a segment webhook received them: one notice for each webhook and day.',
  segment_sync_blocked: 'The sync of a segment to a destination was blocked.',
  segment_sync_resumed: 'A blocked segment sync works again, because a probe passed.',
  cohort_stale: 'A cohort has not synced for longer than its schedule allows.',
  cohort_pull_stopped: 'The pull of a cohort failed, and is not repeated until a person repairs it.',
  unknown_event_type:
    'Events came in whose type the catalogue does not know; one notice for each type, and up to 20 a day.',
  quarantine_near_budget: 'An ingest token fills 80 % or more of what the quarantine has room for.',
  day_kept: 'A day is kept beyond its retention, because events of it are pending for a Current.',
  database_near_budget: 'The database has 80 % or more of the size that DATABASE_MEGABYTES gives it room for.',
  ledger_difference: 'The ledger of a Current differs from what is stored: see ledgerDifferences.',
  test: 'An admin sent it with sendTestNotice.',
});

export const NoticeState = storedEnumOf<NoticeViewState>('NoticeState', 'Where a notice stands.', {
  pending: 'It is still to be sent to a recipient, or is gathered with others.',
  sent: 'It was sent to one recipient at least, and is not tried again.',
  failed: 'It was sent to no recipient, and is not tried again: see deliveries.',
  muted: 'It was not sent, because notices were muted. If it is so still, it is sent once the mute has ended.',
  no_recipient: 'There is no address and no webhook to send it to.',
});

const NoticeSeverity = storedEnumOf<'critical' | 'warning' | 'info'>('NoticeSeverity', 'How urgent a notice is.', {
  critical: 'Events are not delivered or may be lost until a person acts.',
  warning: 'A person should look at it.',
  info: 'Nothing has to be done.',
});

const NoticeChannel = storedEnumOf<'mail' | 'webhook'>('NoticeChannel', 'How a notice is sent.', {
  mail: 'As a mail, which may hold several notices for the address.',
  webhook: 'As a request to a notice webhook.',
});

const NoticeTransport = storedEnumOf<'smtp' | 'log' | 'http'>('NoticeTransport', 'How a message went out.', {
  smtp: 'An SMTP server took the mail.',
  log: 'The worker has no SMTP_URL, so it is a line of its log.',
  http: 'The receiver of a webhook accepted the request.',
});

const NoticeDeliveryState = storedEnumOf<'pending' | 'sent' | 'failed'>(
  'NoticeDeliveryState',
  'Where the message to one recipient stands.',
  {
    pending: 'It is still to be sent, for the first time or once more.',
    sent: 'It was taken.',
    failed: 'It was refused for good, or until the end of the retry window.',
  },
);

@ObjectType({ description: 'The message to one recipient of a notice.' })
export class NoticeDelivery {
  @Field(() => NoticeChannel, { description: 'Whether it is a mail or a request to a webhook.' })
  channel!: string;

  @RequiresRole('operator')
  @Field(() => String, { description: 'An e-mail address such as "ana@example.com", or the URL of a webhook.' })
  recipient!: string;

  @Field(() => NoticeDeliveryState, { description: 'Where it stands, such as SENT.' })
  state!: string;

  @Field(() => NoticeTransport, { nullable: true, description: 'How it went out; null until it is sent.' })
  transport?: string | null;

  @Field(() => Int, { description: 'How often it was tried, such as 1.' })
  attempts!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it was sent; null until then.' })
  sentAt?: Date;

  @Field(() => String, {
    nullable: true,
    description: 'Code of the last failure, such as smtp_550, etimedout or http_503; null when there was none.',
  })
  failureCode?: string | null;

  @Field(() => String, { nullable: true, description: 'The last failure in a sentence; null when there was none.' })
  failureDetail?: string | null;
}

@ObjectType({
  implements: Node,
  description:
    'What people are to know about the hub. There is one notice for each change of state, however many workers there are. Kept for a year.',
})
export class Notice extends Node {
  @Field(() => NoticeKind, { description: 'What it is about, such as CURRENT_BLOCKED.', name: 'kind' })
  noticeKind!: Kind;

  @Field(() => NoticeSeverity, { description: 'How urgent it was, such as CRITICAL.' })
  severity!: string;

  @Field(() => NoticeState, { description: 'Whether it was sent.' })
  state!: NoticeViewState;

  @Field(() => DateTime, { description: 'When a worker noticed it.' })
  raisedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when it was so, such as when the Current was blocked; null where that is not known.',
  })
  startedAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the state ended that it is about; null while it lasts, and where it is not about a state.',
  })
  endedAt?: Date;

  @Field(() => Count, {
    nullable: true,
    description: 'Number of events that it was about when it was noticed; null where none are counted.',
  })
  eventCount?: number;

  @Field(() => String, { description: 'What happened, in a sentence for people.' })
  message!: string;

  @Field(() => String, { description: 'What to do about it, for people.' })
  remedy!: string;

  @Field(() => Node, {
    nullable: true,
    complexity: costs.read,
    description:
      'The Current, SegmentWebhook, Cohort, CohortPull or IngestToken that it is about; null when it is about something else or that is deleted.',
  })
  node?: Node;

  @Field(() => [NoticeDelivery], {
    complexity: costs.list(3),
    description: 'To whom it is sent: up to 50 recipients. Empty for a notice that is muted, or not a moment old.',
  })
  deliveries!: NoticeDelivery[];
}

export const NoticeConnection = connectionOf(Notice, 'notices');

@InputType({ description: 'Which notices to list. A field that is left out restricts nothing.' })
export class NoticeFilter {
  @Field(() => NoticeKind, { nullable: true, description: 'Only notices of this kind.' })
  kind?: Kind | null;

  @Field(() => ID, { nullable: true, description: 'Only notices about the Current with this id, such as "cur_7".' })
  currentId?: string | null;

  @Field(() => NoticeState, { nullable: true, description: 'Only notices in this state.' })
  state?: NoticeViewState | null;
}

@ObjectType({
  implements: Node,
  description:
    'A time in which notices of a Current, or all notices, are not sent. They are listed by notices all the same.',
})
export class NoticeMute extends Node {
  @Field(() => DateTime, { description: 'When the mute ends, such as 2026-01-31T09:30:00Z.' })
  until!: Date;

  @Field(() => DateTime, { description: 'When it was first set.' })
  createdAt!: Date;
}

export const NoticeMuteConnection = connectionOf(NoticeMute, 'mutes');

@InputType({ description: 'What to mute, and until when.' })
export class MuteNoticesInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Id of the Current whose notices are muted, such as "cur_7". Null: all notices of the hub.',
  })
  currentId?: string | null;

  @Field(() => DateTime, { description: 'When the mute ends: from now to a year ahead.' })
  until!: Date;
}

@InputType({ description: 'Which mute to end.' })
export class UnmuteNoticesInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Id of the Current, such as "cur_7". Null: the mute of all notices of the hub.',
  })
  currentId?: string | null;
}

@InputType({ description: 'Where to send a test notice.' })
export class SendTestNoticeInput {
  @Field(() => ID, {
    nullable: true,
    description:
      'Id of the Current to whose contact address it goes, such as "cur_7". Null: to where notices of the hub go.',
  })
  currentId?: string | null;
}

@ObjectType({ description: 'The mute.' })
export class MuteNoticesPayload {
  @Field(() => NoticeMute, { description: 'The mute, which has replaced an earlier one of the same.' })
  noticeMute!: NoticeMute;
}

@ObjectType({ description: 'The mute has ended.' })
export class UnmuteNoticesPayload {
  @Field(() => Boolean, { description: 'Whether there was a mute, which has ended now.' })
  hasEndedMute!: boolean;
}

@ObjectType({ description: 'The test notice.' })
export class SendTestNoticePayload {
  @Field(() => Notice, { description: 'The notice. A worker sends it in a moment: ask again for its deliveries.' })
  notice!: Notice;
}

@ProblemType(
  'More test notices were asked for than are sent in an hour: 20.',
  'Wait, and see notices for what came of the others.',
)
export class TooManyTestNotices extends Problem {}

export const MuteNoticesResult = resultUnion('MuteNoticesResult', 'The mute, or a problem.', () => [
  MuteNoticesPayload,
  CurrentNotFound,
  InputInvalid,
]);

export const UnmuteNoticesResult = resultUnion('UnmuteNoticesResult', 'What was muted, or a problem.', () => [
  UnmuteNoticesPayload,
  CurrentNotFound,
]);

export const SendTestNoticeResult = resultUnion('SendTestNoticeResult', 'The test notice, or a problem.', () => [
  SendTestNoticePayload,
  CurrentNotFound,
  TooManyTestNotices,
]);
