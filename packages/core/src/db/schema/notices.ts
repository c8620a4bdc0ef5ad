import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import { breakerColumns, bytes, count64, id64, identity, instant, oneOf, partial } from './columns.js';
import { current } from './currents.js';

/** Notices, and the mails and requests in which they are sent. */

/**
 * `subject` is an object as `Current:7`, or `hub`. There is one notice for each kind, subject and episode. An alarm is
 * about a state that lasts until `ended_at`.
 */
export const notice = pgTable(
  'notice',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    kind: t.text('kind').notNull(),
    severity: oneOf('severity', ['critical', 'warning', 'info']).notNull(),
    subject: t.text('subject').notNull(),
    currentId: t.integer('current_id').references(() => current.id, { onDelete: 'cascade' }),
    episode: t.text('episode').notNull(),
    isAlarm: t.boolean('is_alarm').notNull(),
    since: instant('since'),
    eventCount: count64('event_count'),
    message: t.text('message').notNull(),
    remedy: t.text('remedy').notNull(),
    state: oneOf('state', ['raised', 'pending', 'sent', 'failed', 'muted', 'no_recipient']).notNull().default('raised'),
    raisedAt: instant('raised_at').notNull().defaultNow(),
    endedAt: instant('ended_at'),
  }),
  (table) => [
    uniqueIndex('notice_once').on(table.kind, table.subject, table.episode),
    partial(
      uniqueIndex('notice_ongoing').on(table.kind, table.subject),
      sql`${table.isAlarm} and ${table.endedAt} is null`,
    ),
    partial(index('notice_open').on(table.id), sql`${table.state} in ('raised', 'pending')`),
    index('notice_of_current').on(table.currentId, table.id.desc()),
  ],
);

/** Receivers of all notices over HTTP. */
export const noticeWebhook = pgTable('notice_webhook', (t) => ({
  id: identity(),
  url: t.text('url').notNull(),
  secret: bytes('secret'),
  /** The secret before that, which signs beside it until this time. */
  formerSecret: bytes('former_secret'),
  formerUntil: instant('former_until'),
  state: oneOf('state', ['live', 'blocked', 'deleted']).notNull().default('live'),
  ...breakerColumns(),
  createdAt: instant('created_at').notNull().defaultNow(),
  version: t.integer('version').notNull().default(1),
}));

/**
 * A mail with the notices of one address, or a request to a webhook with one notice. A mail gathers notices until it is
 * due. `key` becomes its Message-ID, or the id that a receiver knows a repetition by.
 */
export const noticeMessage = pgTable(
  'notice_message',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    key: t
      .uuid('key')
      .notNull()
      .default(sql`gen_random_uuid()`),
    channel: oneOf('channel', ['mail', 'webhook']).notNull(),
    recipient: t.text('recipient').notNull(),
    webhookId: t.integer('webhook_id').references(() => noticeWebhook.id, { onDelete: 'cascade' }),
    state: oneOf('state', ['gathering', 'ready', 'sent', 'failed']).notNull(),
    dueAt: instant('due_at').notNull().defaultNow(),
    attempts: t.integer('attempts').notNull().default(0),
    lease: id64('lease'),
    transport: oneOf('transport', ['smtp', 'log', 'http']),
    failureCode: t.text('failure_code'),
    failureDetail: t.text('failure_detail'),
    createdAt: instant('created_at').notNull().defaultNow(),
    sentAt: instant('sent_at'),
  }),
  (table) => [
    partial(uniqueIndex('notice_message_gathering').on(table.recipient), sql`${table.state} = 'gathering'`),
    partial(index('notice_message_due').on(table.dueAt), sql`${table.state} in ('gathering', 'ready')`),
  ],
);

export const noticeMessageItem = pgTable(
  'notice_message_item',
  (t) => ({
    messageId: t
      .bigint('message_id', { mode: 'number' })
      .notNull()
      .references(() => noticeMessage.id, { onDelete: 'cascade' }),
    noticeId: t
      .bigint('notice_id', { mode: 'number' })
      .notNull()
      .references(() => notice.id, { onDelete: 'cascade' }),
  }),
  (table) => [
    primaryKey({ columns: [table.messageId, table.noticeId] }),
    index('notice_message_item_of').on(table.noticeId),
  ],
);

/** Without a Current, all notices are muted. */
export const noticeMute = pgTable(
  'notice_mute',
  (t) => ({
    id: identity(),
    currentId: t.integer('current_id').references(() => current.id, { onDelete: 'cascade' }),
    until: instant('until').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  }),
  (table) => [uniqueIndex('notice_mute_of').on(sql`coalesce(${table.currentId}, 0)`)],
);

/** One row: when the state of the hub is looked at again, and the last quarantined row that was looked at. */
export const noticeSchedule = pgTable(
  'notice_schedule',
  (t) => ({
    id: t.boolean('id').primaryKey().default(true),
    examineAt: instant('examine_at').notNull().defaultNow(),
    examineRestAt: instant('examine_rest_at').notNull().defaultNow(),
    quarantineDay: t
      .date('quarantine_day')
      .notNull()
      .default(sql`current_date`),
    quarantineId: id64('quarantine_id').notNull().default('0'),
  }),
  (table) => [check('notice_schedule_id_check', sql`${table.id}`)],
);
