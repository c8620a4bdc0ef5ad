import { sql } from 'drizzle-orm';
import { index, pgSequence, pgTable, primaryKey, unique, uniqueIndex } from 'drizzle-orm/pg-core';
import { current } from './currents.js';
import {
  byteOrderedText,
  byteOrderedTexts,
  bytes,
  count64,
  id64,
  identity,
  instant,
  keyColumns,
  nextId,
  oneOf,
  owner,
  partial,
} from './columns.js';

/**
 * Cohorts in, by push and by pull. The members of a set lie in a table of their own, `member_set_<set_id>`, which is made
 * and dropped as memberships are replaced.
 */

export const memberSetId = pgSequence('member_set_id');
export const cohortChangeId = pgSequence('cohort_change_id');
export const cohortPullRun = pgSequence('cohort_pull_run');

/** Partners that push cohorts and have no connector. */
export const importPartner = pgTable('import_partner', (t) => ({
  name: t.text('name').primaryKey(),
  createdAt: instant('created_at').notNull().defaultNow(),
}));

export const importKey = pgTable(
  'import_key',
  (t) => ({
    ...keyColumns(),
    partner: t.text('partner').notNull(),
  }),
  (table) => [
    partial(
      uniqueIndex('import_key_name').on(table.partner, sql`lower(${table.name})`),
      sql`${table.revokedAt} is null`,
    ),
  ],
);

export const cohort = pgTable(
  'cohort',
  (t) => ({
    id: identity(),
    partner: t.text('partner').notNull(),
    partnerId: t.text('partner_id').notNull(),
    listId: t.text('list_id').notNull(),
    name: t.text('name').notNull(),
    description: t.text('description'),
    partnerCreatedAt: instant('partner_created_at'),
    schedule: oneOf('schedule', ['one_time', 'dynamic', 'hourly', 'daily']),
    setId: id64('set_id'),
    externalIds: count64('external_ids').notNull().default(0),
    deviceIds: count64('device_ids').notNull().default(0),
    aliases: count64('aliases').notNull().default(0),
    reportedCount: count64('reported_count'),
    reportedAt: instant('reported_at'),
    reportedBy: oneOf('reported_by', ['pages', 'partner', 'admin']),
    netChangeSinceReport: count64('net_change_since_report').notNull().default(0),
    lastSyncAt: instant('last_sync_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
    version: t.integer('version').notNull().default(1),
  }),
  (table) => [unique().on(table.partner, table.partnerId), unique().on(table.partner, table.listId)],
);

/** A row for each change of one cohort that a partner pushed, in order of arrival. `members` is null once it is applied. */
export const cohortChange = pgTable(
  'cohort_change',
  (t) => ({
    id: id64('id').primaryKey().default(nextId('cohort_change_id')),
    cohortId: t.integer('cohort_id').notNull(),
    keyId: t.integer('key_id'),
    storedAt: instant('stored_at').notNull().defaultNow(),
    hash: bytes('hash'),
    position: t.integer('position').notNull(),
    kind: oneOf('kind', ['declare', 'replace', 'add', 'remove']).notNull(),
    name: t.text('name'),
    description: t.text('description'),
    partnerCreatedAt: instant('partner_created_at'),
    session: t.text('session'),
    page: t.integer('page'),
    pages: t.integer('pages'),
    computedAtMs: count64('computed_at_ms'),
    members: byteOrderedTexts('members'),
    receivedCount: t.integer('received_count').notNull(),
    refused: t.jsonb('refused').$type<Readonly<Record<string, number>>>(),
    state: oneOf('state', ['pending', 'staged', 'applied', 'dropped']).notNull().default('pending'),
  }),
  (table) => [
    uniqueIndex('cohort_change_hash').on(table.cohortId, table.hash, table.position),
    partial(index('cohort_change_pending').on(table.cohortId, table.id), sql`${table.state} = 'pending'`),
    partial(
      index('cohort_change_session').on(table.cohortId, table.session, table.kind, table.page),
      sql`${table.session} is not null`,
    ),
    partial(index('cohort_change_done').on(table.storedAt), sql`${table.state} in ('applied', 'dropped')`),
  ],
);

/** When a member that is not in the cohort left it, as the partner computed it: an older change does not bring it back. */
export const cohortTombstone = pgTable(
  'cohort_tombstone',
  (t) => ({
    cohortId: t.integer('cohort_id').notNull(),
    member: byteOrderedText('member').notNull(),
    computedAtMs: count64('computed_at_ms').notNull(),
  }),
  (table) => [primaryKey({ columns: [table.cohortId, table.member] })],
);

/** What one sync of one cohort did. */
export const cohortSync = pgTable(
  'cohort_sync',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    cohortId: owner('cohort_id', () => cohort.id),
    kind: oneOf('kind', ['replace', 'add', 'remove', 'changes']).notNull(),
    session: t.text('session'),
    computedAtMs: count64('computed_at_ms'),
    firstChangeId: id64('first_change_id').notNull(),
    startedAt: instant('started_at').notNull(),
    lastAt: instant('last_at').notNull(),
    finishedAt: instant('finished_at'),
    state: oneOf('state', ['receiving', 'applied', 'superseded', 'incomplete']).notNull(),
    pagesExpected: t.integer('pages_expected'),
    pagesReceived: t.integer('pages_received').notNull().default(0),
    receivedCount: count64('received_count').notNull().default(0),
    addedCount: count64('added_count').notNull().default(0),
    removedCount: count64('removed_count').notNull().default(0),
    unchangedCount: count64('unchanged_count').notNull().default(0),
    lateCount: count64('late_count').notNull().default(0),
    refused: t.jsonb('refused').$type<Readonly<Record<string, number>>>().notNull().default({}),
  }),
  (table) => [
    partial(
      uniqueIndex('cohort_sync_session').on(table.cohortId, table.session, table.kind),
      sql`${table.session} is not null`,
    ),
    index('cohort_sync_of').on(table.cohortId, table.id.desc()),
    partial(index('cohort_sync_receiving').on(table.lastAt), sql`${table.state} = 'receiving'`),
  ],
);

/** Sets that no cohort and no segment references; dropped after a grace period for readers under way. */
export const unreferencedSet = pgTable('unreferenced_set', {
  setId: id64('set_id').primaryKey(),
  unreferencedSince: instant('unreferenced_since').notNull().defaultNow(),
});

/** A partner's cohorts, as it last listed them to one Current. */
export const partnerCohort = pgTable(
  'partner_cohort',
  (t) => ({
    id: count64('id').generatedAlwaysAsIdentity().primaryKey(),
    currentId: owner('current_id', () => current.id),
    partnerId: t.text('partner_id').notNull(),
    name: t.text('name').notNull(),
    description: t.text('description'),
    size: count64('size'),
    partnerCreatedAt: instant('partner_created_at'),
    computedAt: instant('computed_at'),
    listedAt: instant('listed_at').notNull().defaultNow(),
  }),
  (table) => [unique().on(table.currentId, table.partnerId)],
);

/**
 * How a cohort is pulled: a row per cohort, so one pull of it is under way at a time. While `run_id` is set, one is, and
 * `cursor` says how far it has got.
 */
export const cohortPull = pgTable(
  'cohort_pull',
  (t) => ({
    cohortId: owner('cohort_id', () => cohort.id).primaryKey(),
    currentId: t
      .integer('current_id')
      .notNull()
      .references(() => current.id),
    dueAt: instant('due_at').defaultNow(),
    runId: id64('run_id'),
    startedAt: instant('started_at'),
    progressedAt: instant('progressed_at'),
    fetchedAt: instant('fetched_at'),
    cursor: t.text('cursor'),
    cursorPages: t.integer('cursor_pages').notNull().default(0),
    cursorMembers: count64('cursor_members').notNull().default(0),
    pages: t.integer('pages').notNull().default(0),
    members: count64('members').notNull().default(0),
    total: count64('total'),
    attempts: t.integer('attempts').notNull().default(0),
    lease: id64('lease'),
    account: bytes('account'),
    deferralCode: t.text('deferral_code'),
    deferralDetail: t.text('deferral_detail'),
    failureCode: t.text('failure_code'),
    failureDetail: t.text('failure_detail'),
    failureRecovery: oneOf('failure_recovery', ['automatic', 'manual', 'none']),
    failedAt: instant('failed_at'),
    failedVersion: t.integer('failed_version'),
    lastSuccessAt: instant('last_success_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  }),
  (table) => [index('cohort_pull_due').on(table.dueAt), index('cohort_pull_current').on(table.currentId)],
);

/** A sliding-window log of requests with the same credentials, in Unix milliseconds. `account` is their fingerprint. */
export const pullUsage = pgTable('pull_usage', (t) => ({
  account: bytes('account').primaryKey(),
  stepTimesMs: t.doublePrecision('step_times_ms').array().notNull().default([]),
  pullTimesMs: t.doublePrecision('pull_times_ms').array().notNull().default([]),
  usedAt: instant('used_at').notNull().defaultNow(),
}));
