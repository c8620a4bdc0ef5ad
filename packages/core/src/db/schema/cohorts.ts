import { sql } from 'drizzle-orm';
import {
  bigint,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { byteOrderedText, byteOrderedTexts, bytes, id64, instant, nextId, oneOf } from './columns.js';
import { current } from './currents.js';

const cohortSchedules = ['one_time', 'dynamic', 'hourly', 'daily'] as const;
const reportSources = ['pages', 'partner', 'admin'] as const;
const cohortChangeKinds = ['declare', 'replace', 'add', 'remove'] as const;
const cohortChangeStates = ['pending', 'staged', 'applied', 'dropped'] as const;
const cohortSyncKinds = ['replace', 'add', 'remove', 'changes'] as const;
const cohortSyncStates = ['receiving', 'applied', 'superseded', 'incomplete'] as const;
const pullRecoveries = ['automatic', 'manual', 'none'] as const;

/**
 * Cohorts in, by push and by pull. The members of a set lie in a table of their own, `member_set_<set_id>`, which is made
 * and dropped as memberships are replaced.
 */

export const memberSetId = pgSequence('member_set_id');
export const cohortChangeId = pgSequence('cohort_change_id');
export const cohortPullRun = pgSequence('cohort_pull_run');

/** Partners that push cohorts and have no connector. */
export const importPartner = pgTable('import_partner', {
  name: text('name').primaryKey(),
  createdAt: instant('created_at').notNull().defaultNow(),
});

export const importKey = pgTable(
  'import_key',
  {
    id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
    partner: text('partner').notNull(),
    name: text('name').notNull(),
    hash: bytes('hash').notNull().unique(),
    hint: text('hint').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    uniqueIndex('import_key_name')
      .on(table.partner, sql`lower(${table.name})`)
      .where(sql`${table.revokedAt} is null`),
  ],
);

export const cohort = pgTable(
  'cohort',
  {
    id: integer('id').generatedAlwaysAsIdentity().primaryKey(),
    partner: text('partner').notNull(),
    partnerId: text('partner_id').notNull(),
    listId: text('list_id').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    partnerCreatedAt: instant('partner_created_at'),
    schedule: text('schedule', { enum: cohortSchedules }),
    setId: id64('set_id'),
    externalIds: bigint('external_ids', { mode: 'number' }).notNull().default(0),
    deviceIds: bigint('device_ids', { mode: 'number' }).notNull().default(0),
    aliases: bigint('aliases', { mode: 'number' }).notNull().default(0),
    reportedCount: bigint('reported_count', { mode: 'number' }),
    reportedAt: instant('reported_at'),
    reportedBy: text('reported_by', { enum: reportSources }),
    netChangeSinceReport: bigint('net_change_since_report', { mode: 'number' }).notNull().default(0),
    lastSyncAt: instant('last_sync_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    deletedAt: instant('deleted_at'),
    version: integer('version').notNull().default(1),
  },
  (table) => [
    unique().on(table.partner, table.partnerId),
    unique().on(table.partner, table.listId),
    oneOf('cohort_schedule_check', table.schedule, cohortSchedules),
    oneOf('cohort_reported_by_check', table.reportedBy, reportSources),
  ],
);

/** A row for each change of one cohort that a partner pushed, in order of arrival. `members` is null once it is applied. */
export const cohortChange = pgTable(
  'cohort_change',
  {
    id: id64('id').primaryKey().default(nextId('cohort_change_id')),
    cohortId: integer('cohort_id').notNull(),
    keyId: integer('key_id'),
    storedAt: instant('stored_at').notNull().defaultNow(),
    hash: bytes('hash'),
    position: integer('position').notNull(),
    kind: text('kind', { enum: cohortChangeKinds }).notNull(),
    name: text('name'),
    description: text('description'),
    partnerCreatedAt: instant('partner_created_at'),
    session: text('session'),
    page: integer('page'),
    pages: integer('pages'),
    computedAtMs: bigint('computed_at_ms', { mode: 'number' }),
    members: byteOrderedTexts('members'),
    receivedCount: integer('received_count').notNull(),
    refused: jsonb('refused').$type<Readonly<Record<string, number>>>(),
    state: text('state', { enum: cohortChangeStates }).notNull().default('pending'),
  },
  (table) => [
    uniqueIndex('cohort_change_hash').on(table.cohortId, table.hash, table.position),
    index('cohort_change_pending')
      .on(table.cohortId, table.id)
      .where(sql`${table.state} = 'pending'`),
    index('cohort_change_session')
      .on(table.cohortId, table.session, table.kind, table.page)
      .where(sql`${table.session} is not null`),
    index('cohort_change_done')
      .on(table.storedAt)
      .where(sql`${table.state} in ('applied', 'dropped')`),
    oneOf('cohort_change_kind_check', table.kind, cohortChangeKinds),
    oneOf('cohort_change_state_check', table.state, cohortChangeStates),
  ],
);

/** When a member that is not in the cohort left it, as the partner computed it: an older change does not bring it back. */
export const cohortTombstone = pgTable(
  'cohort_tombstone',
  {
    cohortId: integer('cohort_id').notNull(),
    member: byteOrderedText('member').notNull(),
    computedAtMs: bigint('computed_at_ms', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.cohortId, table.member] })],
);

/** What one sync of one cohort did. */
export const cohortSync = pgTable(
  'cohort_sync',
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    cohortId: integer('cohort_id')
      .notNull()
      .references(() => cohort.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: cohortSyncKinds }).notNull(),
    session: text('session'),
    computedAtMs: bigint('computed_at_ms', { mode: 'number' }),
    firstChangeId: id64('first_change_id').notNull(),
    startedAt: instant('started_at').notNull(),
    lastAt: instant('last_at').notNull(),
    finishedAt: instant('finished_at'),
    state: text('state', { enum: cohortSyncStates }).notNull(),
    pagesExpected: integer('pages_expected'),
    pagesReceived: integer('pages_received').notNull().default(0),
    receivedCount: bigint('received_count', { mode: 'number' }).notNull().default(0),
    addedCount: bigint('added_count', { mode: 'number' }).notNull().default(0),
    removedCount: bigint('removed_count', { mode: 'number' }).notNull().default(0),
    unchangedCount: bigint('unchanged_count', { mode: 'number' }).notNull().default(0),
    lateCount: bigint('late_count', { mode: 'number' }).notNull().default(0),
    refused: jsonb('refused').$type<Readonly<Record<string, number>>>().notNull().default({}),
  },
  (table) => [
    uniqueIndex('cohort_sync_session')
      .on(table.cohortId, table.session, table.kind)
      .where(sql`${table.session} is not null`),
    index('cohort_sync_of').on(table.cohortId, table.id.desc()),
    index('cohort_sync_receiving')
      .on(table.lastAt)
      .where(sql`${table.state} = 'receiving'`),
    oneOf('cohort_sync_kind_check', table.kind, cohortSyncKinds),
    oneOf('cohort_sync_state_check', table.state, cohortSyncStates),
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
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
    currentId: integer('current_id')
      .notNull()
      .references(() => current.id, { onDelete: 'cascade' }),
    partnerId: text('partner_id').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    size: bigint('size', { mode: 'number' }),
    partnerCreatedAt: instant('partner_created_at'),
    computedAt: instant('computed_at'),
    listedAt: instant('listed_at').notNull().defaultNow(),
  },
  (table) => [unique().on(table.currentId, table.partnerId)],
);

/**
 * How a cohort is pulled: a row per cohort, so one pull of it is under way at a time. While `run_id` is set, one is, and
 * `cursor` says how far it has got.
 */
export const cohortPull = pgTable(
  'cohort_pull',
  {
    cohortId: integer('cohort_id')
      .primaryKey()
      .references(() => cohort.id, { onDelete: 'cascade' }),
    currentId: integer('current_id')
      .notNull()
      .references(() => current.id),
    dueAt: instant('due_at').defaultNow(),
    runId: id64('run_id'),
    startedAt: instant('started_at'),
    progressedAt: instant('progressed_at'),
    fetchedAt: instant('fetched_at'),
    cursor: text('cursor'),
    cursorPages: integer('cursor_pages').notNull().default(0),
    cursorMembers: bigint('cursor_members', { mode: 'number' }).notNull().default(0),
    pages: integer('pages').notNull().default(0),
    members: bigint('members', { mode: 'number' }).notNull().default(0),
    total: bigint('total', { mode: 'number' }),
    attempts: integer('attempts').notNull().default(0),
    lease: id64('lease'),
    account: bytes('account'),
    deferralCode: text('deferral_code'),
    deferralDetail: text('deferral_detail'),
    failureCode: text('failure_code'),
    failureDetail: text('failure_detail'),
    failureRecovery: text('failure_recovery', { enum: pullRecoveries }),
    failedAt: instant('failed_at'),
    failedVersion: integer('failed_version'),
    lastSuccessAt: instant('last_success_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('cohort_pull_due').on(table.dueAt),
    index('cohort_pull_current').on(table.currentId),
    oneOf('cohort_pull_failure_recovery_check', table.failureRecovery, pullRecoveries),
  ],
);

/** A sliding-window log of requests with the same credentials, in Unix milliseconds. `account` is their fingerprint. */
export const pullUsage = pgTable('pull_usage', {
  account: bytes('account').primaryKey(),
  stepTimesMs: doublePrecision('step_times_ms').array().notNull().default([]),
  pullTimesMs: doublePrecision('pull_times_ms').array().notNull().default([]),
  usedAt: instant('used_at').notNull().defaultNow(),
});
