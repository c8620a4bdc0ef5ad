import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { cohort } from './cohorts.js';
import { byteOrderedText, bytes, id64, instant, nextId, oneOf } from './columns.js';

const webhookStates = ['live', 'paused', 'blocked', 'deleted'] as const;

/** Segments out, and the webhooks that are sent their changes. */

export const segmentChangeId = pgSequence('segment_change_id');

/**
 * `definition_version` counts definitions; its members are those of `evaluated_version`. Changes up to
 * `pruned_change_id` are deleted.
 */
export const segment = pgTable(
  'segment',
  {
    id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
    name: text('name').notNull(),
    definition: jsonb('definition').notNull(),
    definitionVersion: integer('definition_version').notNull().default(1),
    evaluatedVersion: integer('evaluated_version'),
    setId: id64('set_id'),
    externalIds: bigint('external_ids', { mode: 'number' }).notNull().default(0),
    deviceIds: bigint('device_ids', { mode: 'number' }).notNull().default(0),
    aliases: bigint('aliases', { mode: 'number' }).notNull().default(0),
    evaluatedAt: instant('evaluated_at'),
    evaluationMs: integer('evaluation_ms'),
    evaluateAfter: instant('evaluate_after').notNull().defaultNow(),
    lastChangeId: id64('last_change_id').notNull().default('0'),
    prunedChangeId: id64('pruned_change_id').notNull().default('0'),
    changesCompleteSince: instant('changes_complete_since'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
    version: integer('version').notNull().default(1),
  },
  (table) => [
    uniqueIndex('segment_name')
      .on(sql`lower(${table.name})`)
      .where(sql`${table.deletedAt} is null`),
  ],
);

export const segmentCohort = pgTable(
  'segment_cohort',
  {
    cohortId: integer('cohort_id')
      .notNull()
      .references(() => cohort.id, { onDelete: 'cascade' }),
    segmentId: integer('segment_id')
      .notNull()
      .references(() => segment.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.cohortId, table.segmentId] }),
    index('segment_cohort_of').on(table.segmentId),
  ],
);

/** Members to evaluate again; without a member, all of them. */
export const segmentCandidate = pgTable(
  'segment_candidate',
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    segmentId: integer('segment_id').notNull(),
    member: byteOrderedText('member'),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('segment_candidate_of').on(table.segmentId, table.id)],
);

/** Entries and exits, in order. Partitioned by `stored_on`, the UTC day. */
export const segmentChange = pgTable(
  'segment_change',
  {
    storedOn: date('stored_on')
      .notNull()
      .default(sql`current_date`),
    id: id64('id').notNull().default(nextId('segment_change_id')),
    segmentId: integer('segment_id').notNull(),
    at: instant('at').notNull().defaultNow(),
    entered: boolean('entered').notNull(),
    member: byteOrderedText('member').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    index('segment_change_of').on(table.segmentId, table.id),
  ],
);

/** Changes up to `delivered_change_id` are delivered; those up to `batch_last_change_id` are being sent in one request. */
export const segmentWebhook = pgTable(
  'segment_webhook',
  {
    id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
    segmentId: integer('segment_id')
      .notNull()
      .references(() => segment.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    secret: bytes('secret'),
    state: text('state', { enum: webhookStates }).notNull().default('live'),
    stateSince: instant('state_since').notNull().defaultNow(),
    liveSince: instant('live_since').notNull().defaultNow(),
    deliveredChangeId: id64('delivered_change_id').notNull(),
    batchLastChangeId: id64('batch_last_change_id'),
    deliveredCount: bigint('delivered_count', { mode: 'number' }).notNull().default(0),
    expiredCount: bigint('expired_count', { mode: 'number' }).notNull().default(0),
    lastDeliveredAt: instant('last_delivered_at'),
    failures: integer('failures').notNull().default(0),
    deferralUntil: instant('deferral_until'),
    deferralCode: text('deferral_code'),
    deferralDetail: text('deferral_detail'),
    blockedCode: text('blocked_code'),
    blockedDetail: text('blocked_detail'),
    probes: integer('probes').notNull().default(0),
    probeAt: instant('probe_at'),
    lease: id64('lease'),
    leasedUntil: instant('leased_until'),
    createdAt: instant('created_at').notNull().defaultNow(),
    version: integer('version').notNull().default(1),
  },
  (table) => [
    index('segment_webhook_of').on(table.segmentId),
    oneOf('segment_webhook_state_check', table.state, webhookStates),
  ],
);

/** Changes that were not delivered to a webhook within the retry window, and why. */
export const segmentWebhookExpiry = pgTable(
  'segment_webhook_expiry',
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    webhookId: integer('webhook_id')
      .notNull()
      .references(() => segmentWebhook.id, { onDelete: 'cascade' }),
    firstChangeId: id64('first_change_id').notNull(),
    lastChangeId: id64('last_change_id').notNull(),
    changeCount: bigint('change_count', { mode: 'number' }).notNull(),
    code: text('code').notNull(),
    detail: text('detail').notNull(),
    expiredAt: instant('expired_at').notNull().defaultNow(),
  },
  (table) => [index('segment_webhook_expiry_of').on(table.webhookId, table.id.desc())],
);
