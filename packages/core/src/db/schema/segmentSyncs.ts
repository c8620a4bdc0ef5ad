import { sql } from 'drizzle-orm';
import { index, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core';
import {
  breakerColumns,
  byteOrderedText,
  byteOrderedTexts,
  bytes,
  count64,
  id64,
  identity,
  instant,
  oneOf,
  owner,
  partial,
} from './columns.js';
import { segment } from './segments.js';

/** Segments that are held at a destination. */

export const segmentSync = pgTable(
  'segment_sync',
  (t) => ({
    id: identity(),
    segmentId: owner('segment_id', () => segment.id),
    destination: t.text('destination').notNull(),
    settings: t.jsonb('settings').notNull(),
    credentials: bytes('credentials'),
    /** Where the members are written to: see `SegmentExport.objectOf`. */
    account: t.text('account').notNull(),
    objectName: t.text('object_name').notNull(),
    state: oneOf('state', ['draft', 'live', 'paused', 'blocked', 'deleted']).notNull().default('draft'),
    ...breakerColumns(),
    /** Since when every request has failed. Means nothing while `failures` is 0. */
    failingSince: instant('failing_since'),
    version: t.integer('version').notNull().default(1),
    /** Changes of the segment up to here are taken up. */
    changeId: id64('change_id').notNull().default('0'),
    /** All members are looked through, in their order; `walkAfter` is the last one. */
    walk: oneOf('walk', ['changed', 'all', 'clear']),
    walkAfter: byteOrderedText('walk_after').notNull().default(''),
    walkCount: count64('walk_count').notNull().default(0),
    walkTotal: count64('walk_total').notNull().default(0),
    /** Whether all that was sent is taken back, after which the sync is deleted. */
    isClearing: t.boolean('is_clearing').notNull().default(false),
    lease: id64('lease'),
    leasedUntil: instant('leased_until'),
    /** The sum of the next three, and of the changes in requests. */
    changeCount: count64('change_count').notNull().default(0),
    deliveredCount: count64('delivered_count').notNull().default(0),
    refusedCount: count64('refused_count').notNull().default(0),
    returnedCount: count64('returned_count').notNull().default(0),
    requestCount: count64('request_count').notNull().default(0),
    lastDeliveredAt: instant('last_delivered_at'),
    syncedAt: instant('synced_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  }),
  (table) => [
    index('segment_sync_of').on(table.segmentId),
    partial(
      uniqueIndex('segment_sync_object').on(
        table.destination,
        sql`lower(${table.account})`,
        sql`lower(${table.objectName})`,
      ),
      sql`${table.state} <> 'deleted'`,
    ),
  ],
);

/** What was last sent of a user, and what came of it. Looked at again at `dueAt`. */
export const segmentSyncMember = pgTable(
  'segment_sync_member',
  (t) => ({
    syncId: t.integer('sync_id').notNull(),
    member: byteOrderedText('member').notNull(),
    isMember: t.boolean('is_member').notNull(),
    state: oneOf('state', ['delivered', 'pending', 'refused']).notNull(),
    sentAt: instant('sent_at').notNull().defaultNow(),
    dueAt: instant('due_at'),
    tries: t.integer('tries').notNull().default(0),
    code: t.text('code'),
    detail: t.text('detail'),
  }),
  (table) => [
    primaryKey({ columns: [table.syncId, table.member] }),
    partial(index('segment_sync_member_due').on(table.syncId, table.dueAt), sql`${table.dueAt} is not null`),
  ],
);

/** The members of a request that is about to be made or under way, by what it says of them. */
export const segmentSyncRequest = pgTable(
  'segment_sync_request',
  (t) => ({
    id: id64('id').primaryKey(),
    syncId: t.integer('sync_id').notNull(),
    entered: byteOrderedTexts('entered').notNull(),
    gone: byteOrderedTexts('gone').notNull(),
  }),
  (table) => [index('segment_sync_request_of').on(table.syncId)],
);

/** Changes that the destination refused or cannot take, the newest ones only. `place` counts them in a sync, from 1. */
export const segmentSyncRefusal = pgTable(
  'segment_sync_refusal',
  (t) => ({
    syncId: t.integer('sync_id').notNull(),
    place: count64('place').notNull(),
    member: byteOrderedText('member').notNull(),
    isMember: t.boolean('is_member').notNull(),
    code: t.text('code').notNull(),
    detail: t.text('detail').notNull(),
    refusedAt: instant('refused_at').notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.syncId, table.place] })],
);
