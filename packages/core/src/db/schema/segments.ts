import { sql } from 'drizzle-orm';
import { index, pgSequence, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import { cohort } from './cohorts.js';
import {
  breakerColumns,
  byteOrderedText,
  bytes,
  count64,
  id64,
  identity,
  instant,
  nextId,
  oneOf,
  owner,
  partial,
} from './columns.js';

/** Segments out, and the webhooks that are sent their changes. */

export const segmentChangeId = pgSequence('segment_change_id');

/**
 * `definition_version` counts definitions; its members are those of `evaluated_version`. Changes up to
 * `pruned_change_id` are deleted.
 */
export const segment = pgTable(
  'segment',
  (t) => ({
    id: identity(),
    name: t.text('name').notNull(),
    definition: t.jsonb('definition').notNull(),
    definitionVersion: t.integer('definition_version').notNull().default(1),
    evaluatedVersion: t.integer('evaluated_version'),
    setId: id64('set_id'),
    externalIds: count64('external_ids').notNull().default(0),
    deviceIds: count64('device_ids').notNull().default(0),
    aliases: count64('aliases').notNull().default(0),
    evaluatedAt: instant('evaluated_at'),
    evaluationMs: t.integer('evaluation_ms'),
    evaluateAfter: instant('evaluate_after').notNull().defaultNow(),
    lastChangeId: id64('last_change_id').notNull().default('0'),
    prunedChangeId: id64('pruned_change_id').notNull().default('0'),
    changesCompleteSince: instant('changes_complete_since'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
    version: t.integer('version').notNull().default(1),
    /** When it is evaluated as a whole again at the earliest. */
    wholeEvaluationAfter: instant('whole_evaluation_after'),
  }),
  (table) => [partial(uniqueIndex('segment_name').on(sql`lower(${table.name})`), sql`${table.deletedAt} is null`)],
);

export const segmentCohort = pgTable(
  'segment_cohort',
  {
    cohortId: owner('cohort_id', () => cohort.id),
    segmentId: owner('segment_id', () => segment.id),
  },
  (table) => [
    primaryKey({ columns: [table.cohortId, table.segmentId] }),
    index('segment_cohort_of').on(table.segmentId),
  ],
);

/** Members to evaluate again; without a member, all of them. */
export const segmentCandidate = pgTable(
  'segment_candidate',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    segmentId: t.integer('segment_id').notNull(),
    member: byteOrderedText('member'),
    at: instant('at').notNull().defaultNow(),
  }),
  (table) => [index('segment_candidate_of').on(table.segmentId, table.id)],
);

/** Entries and exits, in order. Partitioned by `stored_on`, the UTC day. */
export const segmentChange = pgTable(
  'segment_change',
  (t) => ({
    storedOn: t
      .date('stored_on')
      .notNull()
      .default(sql`current_date`),
    id: id64('id').notNull().default(nextId('segment_change_id')),
    segmentId: t.integer('segment_id').notNull(),
    at: instant('at').notNull().defaultNow(),
    entered: t.boolean('entered').notNull(),
    member: byteOrderedText('member').notNull(),
  }),
  (table) => [
    primaryKey({ columns: [table.storedOn, table.id] }),
    index('segment_change_of').on(table.segmentId, table.id),
  ],
);

/** Changes up to `delivered_change_id` are delivered; those up to `batch_last_change_id` are being sent in one request. */
export const segmentWebhook = pgTable(
  'segment_webhook',
  (t) => ({
    id: identity(),
    segmentId: owner('segment_id', () => segment.id),
    url: t.text('url').notNull(),
    secret: bytes('secret'),
    /** The secret before that, which signs beside it until this time. */
    formerSecret: bytes('former_secret'),
    formerUntil: instant('former_until'),
    state: oneOf('state', ['live', 'paused', 'blocked', 'deleted']).notNull().default('live'),
    ...breakerColumns(),
    liveSince: instant('live_since').notNull().defaultNow(),
    deliveredChangeId: id64('delivered_change_id').notNull(),
    batchLastChangeId: id64('batch_last_change_id'),
    deliveredCount: count64('delivered_count').notNull().default(0),
    expiredCount: count64('expired_count').notNull().default(0),
    lastDeliveredAt: instant('last_delivered_at'),
    lease: id64('lease'),
    leasedUntil: instant('leased_until'),
    createdAt: instant('created_at').notNull().defaultNow(),
    version: t.integer('version').notNull().default(1),
  }),
  (table) => [index('segment_webhook_of').on(table.segmentId)],
);

/** Changes that were not delivered to a webhook within the retry window, and why. */
export const segmentWebhookExpiry = pgTable(
  'segment_webhook_expiry',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    webhookId: owner('webhook_id', () => segmentWebhook.id),
    firstChangeId: id64('first_change_id').notNull(),
    lastChangeId: id64('last_change_id').notNull(),
    changeCount: count64('change_count').notNull(),
    code: t.text('code').notNull(),
    detail: t.text('detail').notNull(),
    expiredAt: instant('expired_at').notNull().defaultNow(),
  }),
  (table) => [index('segment_webhook_expiry_of').on(table.webhookId, table.id.desc())],
);
