/**
 * Every table, as the migrations make them: for typed queries, and for reading. The migrations are what makes them; a
 * test compares the two.
 */
export { adminToken, auditEntry, idempotencyKey, ingestToken } from './schema/admin.js';
export {
  cohort,
  cohortChange,
  cohortChangeId,
  cohortPull,
  cohortPullRun,
  cohortSync,
  cohortTombstone,
  importKey,
  importPartner,
  memberSetId,
  partnerCohort,
  pullUsage,
  unreferencedSet,
} from './schema/cohorts.js';
export { current, routeTable, type CurrentState } from './schema/currents.js';
export {
  batch,
  batchId,
  budgetBucket,
  deadLetter,
  deadLetterId,
  delivery,
  deliveryId,
  quarantine,
  quarantineId,
  quotaUsage,
  request,
  tally,
  workerLease,
  type DeadOutcome,
} from './schema/events.js';
export {
  segment,
  segmentCandidate,
  segmentChange,
  segmentChangeId,
  segmentCohort,
  segmentWebhook,
  segmentWebhookExpiry,
} from './schema/segments.js';
