export { unpackBatch } from './batch/batch.js';
export {
  ConfigInvalid,
  queueConnectionOf,
  readVariables,
  sharedVariables,
  wholeNumber,
  yesOrNo,
} from './process/config.js';
export { connect, type Sql } from './db/connect.js';
export { migrate } from './db/migrate.js';
export { openWriter, type Writer } from './db/writer.js';
export { drawShard, oncePerMinute, startEngine, type Engine, type EngineOptions } from './engine.js';
export { createHttp } from './process/http.js';
export {
  httpProblem,
  httpProblems,
  problemMediaType,
  type HttpProblem,
  type HttpProblemCode,
} from './process/httpProblem.js';
export { watchIngestTokens, type IngestTokens } from './ingest/tokenCache.js';
export { createIngest, type Ingest, type IngestResult } from './ingest/ingest.js';
export { createLog } from './process/log.js';
export { surviveLostConnections } from './process/lostConnections.js';
export { createMetrics, type Metrics } from './process/metrics.js';
export { runProgram, stopOnSignal } from './process/program.js';
export { openWakeSender, type QueueConnection, type WakeSender } from './queue.js';
export { createSeal, type Seal } from './secrets/seal.js';
export { StoreBusy } from './ingest/store.js';
export type { Receipt } from './ingest/ingestRequest.js';
export { bearerToken } from './secrets/token.js';
export type { Connectors } from './loadCurrent.js';
export { openAdmin, type Admin, type AdminOptions } from './admin/admin.js';
export {
  checkAdminToken,
  createAdminToken,
  ensureAdminToken,
  findAdminTokens,
  listAdminTokens,
  revokeAdminToken,
} from './admin/adminTokens.js';
export type { AdminTokenCreated, AdminTokenView, LastAdminToken } from './admin/adminTokens.js';
export {
  updateCurrent,
  type CurrentBefore,
  type CurrentUpdate,
  type CurrentUpdated,
} from './currents/updateCurrent.js';
export { countDaily, type Counts, type DailyCounts, type ReasonCount } from './currents/counts.js';
export { createCurrent, type CreateCurrentResult, type NewCurrent } from './currents/createCurrent.js';
export { findCurrents, getCurrent, listCurrents, type CurrentFilter, type CurrentOrder } from './currents/currents.js';
export type { CurrentView, CurrentWarningCode } from './currents/currentView.js';
export {
  findAuditEntries,
  listAuditEntries,
  recordAuditEntry,
  type AuditEntry,
  type AuditFilter,
  type NewAuditEntry,
} from './admin/auditLog.js';
export { countDeadLetters, findDeadLetters, listDeadLetters } from './ledger/deadLetters.js';
export type { DeadLetter, DeadLetterCount, DeadLetterFilter } from './ledger/deadLetters.js';
export { deleteCurrent, type CurrentDeleted } from './currents/deleteCurrent.js';
export { listDestinations, type Destination } from './currents/destinations.js';
export { createIngestToken, findIngestTokens, listIngestTokens, revokeIngestToken } from './admin/ingestTokens.js';
export type { IngestTokenCreated, IngestTokenView, TokenNotFound } from './admin/ingestTokens.js';
export { listKeysNearQuota, type KeyNearQuota } from './ledger/keysNearQuota.js';
export { checkLedger, type LedgerCheck } from './ledger/checkLedger.js';
export { runOnce } from './admin/idempotency.js';
export { isDay, maxCounted, maxPageSize, QuestionRefused, type Page, type PageRequest } from './admin/page.js';
export type { CurrentAction, FieldProblem, FieldProblemCode, NotConfirmed, VersionConflict } from './admin/problem.js';
export { countQuarantine, findQuarantinedEvents, listQuarantine } from './ledger/quarantine.js';
export type { QuarantineCount, QuarantinedEvent, QuarantineFilter } from './ledger/quarantine.js';
export type { Difference } from './ledger/recount.js';
export { planRelease, releaseQuarantined, type Released } from './ledger/release.js';
export { planReplay, replayDeadLetters, type Replayed, type ReplayFilter } from './ledger/replay.js';
export { testCredentials, type TestCredentialsResult } from './currents/testCredentials.js';
export { listThrottledKeys, type ThrottledKey } from './ledger/throttledKeys.js';
export { launchCurrent, pauseCurrent, resumeCurrent } from './currents/transitions.js';
export { lookUpUserProfile, type UserProfileQuestion, type UserProfileResult } from './currents/userProfile.js';
export type { DeadOutcome, CurrentState } from './db/schema.js';
export { watchImportKeys, type ImportKeys } from './cohorts/importKeyCache.js';
export { storePush, type StorePushDeps, type NewPush, type PushStored } from './cohorts/storePush.js';
export { checkCohort, type CohortChecked } from './cohorts/checkCohort.js';
export {
  deleteCohort,
  getCohort,
  listCohorts,
  reportCohortSize,
  setCohortSchedule,
  type CohortFilter,
  type CohortInUse,
} from './cohorts/manageCohorts.js';
export type { CohortNotFound, CohortView, Drift } from './cohorts/cohortView.js';
export { freshnessOf, type Freshness, type FreshnessState, type Schedule } from './cohorts/freshness.js';
export { createImportKey, revokeImportKey, listImportKeys } from './cohorts/manageImportKeys.js';
export type {
  ImportKeyCreated,
  ImportKeyAlreadyRevoked,
  ImportKeyNotFound,
  ImportKeyView,
} from './cohorts/manageImportKeys.js';
export { memberKey, memberOf, type MemberKey } from './cohorts/memberKey.js';
export { findImportPartner, deleteImportPartner, listImportPartners, createImportPartner } from './cohorts/partners.js';
export type {
  ImportEndpoint,
  ImportPartner,
  PartnerExists,
  PartnerInUse,
  PartnerNotFound,
} from './cohorts/partners.js';
export { listSyncs, type SyncView } from './cohorts/syncHistory.js';
export {
  createCohortPull,
  type CohortAlreadyPulled,
  type CohortTooLarge,
  type CreateCohortPullResult,
  type NewPull,
  type PartnerCohortNotFound,
} from './pulls/createCohortPull.js';
export {
  listPartnerCohorts,
  type PartnerCohortPage,
  type PartnerCohortView,
  type PartnerRefused,
  type PartnerUnanswered,
} from './pulls/partnerCohorts.js';
export {
  cancelCohortPull,
  findPull,
  getPull,
  listPulls,
  runCohortPull,
  deleteCohortPull,
} from './pulls/managePulls.js';
export type {
  CohortNotPulled,
  PullFilter,
  PullNotUnderWay,
  CohortPullDeleted,
  PullUnderWay,
} from './pulls/managePulls.js';
export type { PullNotOffered } from './pulls/pullSource.js';
export type { PullFailure, PullHold, PullProgress, PullState, PullView } from './pulls/pullView.js';
export { exportMembers, type ExportFormat, type ExportSink, type MemberExport } from './segments/exportMembers.js';
export { previewSegment, type SegmentPreview } from './segments/previewSegment.js';
export { listSegmentChanges, maxChangesPerPage } from './segments/segmentChanges.js';
export type { ChangesExpired, ChangesRequest, SegmentChange, SegmentChanges } from './segments/segmentChanges.js';
export { updateSegment, createSegment, deleteSegment, getSegment, listSegments } from './segments/manageSegments.js';
export type { CohortsUnknown, NewSegment, SegmentDeleted } from './segments/manageSegments.js';
export { getMembership, listMembers, type GivenMember, type Membership } from './segments/segmentMembers.js';
export type { SegmentNotFound, SegmentView } from './segments/segmentView.js';
export {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  pauseWebhook,
  renewWebhookSecret,
  resumeWebhook,
} from './segments/manageWebhooks.js';
export type { WebhookSecretShown, WebhookWrongState } from './segments/manageWebhooks.js';
export { listWebhookExpiries, type WebhookExpiry } from './segments/webhookExpiries.js';
export type { WebhookNotFound, WebhookView } from './segments/webhookView.js';
export { isSignedBy } from './segments/webhookRequest.js';
