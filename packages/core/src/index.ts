export { unpackBatch } from './batch/batch.js';
export {
  addressList,
  ConfigInvalid,
  networkOf,
  queueConnectionOf,
  readVariables,
  secretText,
  sharedVariables,
  wholeNumber,
  yesOrNo,
} from './process/config.js';
export { connect, type Sql } from './db/connect.js';
export { migrate } from './db/migrate.js';
export { writeBackup, type BackupProgress, type BackupSummary } from './backup/writeBackup.js';
export { restoreBackup, type RestoreProgress } from './backup/restoreBackup.js';
export { backupFormat, BackupRefused } from './backup/backupFormat.js';
export { openWriter, type Writer } from './db/writer.js';
export { drawShard, startEngine, type Engine } from './engine.js';
export { oncePerMinute } from './process/oncePerMinute.js';
export { openTracing } from './tracing/openTracing.js';
export { tracingOptionsOf } from './tracing/tracingOptions.js';
export type { RequestTrace, Tracing } from './tracing/tracing.js';
export { examine, type Finding } from './doctor/examine.js';
export { createHttp, type Network } from './process/http.js';
export { httpProblem, httpProblems, problemMediaType, type HttpProblemCode } from './process/httpProblem.js';
export { watchIngestTokens, type IngestTokens, type ValidToken } from './ingest/tokenCache.js';
export {
  createTokenRates,
  type RateState,
  type TokenLimits,
  type TokenRate,
  type TokenRates,
} from './ingest/tokenRates.js';
export { createIngest, type Ingest } from './ingest/ingest.js';
export { openStoredTap, type StoredTap } from './tail/tailTap.js';
export { openTailReaders, type TailReader, type TailReaders, type TailUpdate } from './tail/tailReaders.js';
export type { TailFilter, TailItem, TailKind } from './tail/tailItem.js';
export { createLog } from './process/log.js';
export { isLostConnection, surviveLostConnections, survivingLostConnections } from './process/lostConnections.js';
export { runInSteps } from './process/runInSteps.js';
export { createOneAtATime, type OneAtATime } from './process/oneAtATime.js';
export { createMetrics, type Metrics } from './process/metrics.js';
export { listenFailure, OperatorError } from './operatorError.js';
export { runProgram, stopOnSignal } from './process/program.js';
export { openWakeSender, type QueueConnection, type QueueDepth } from './queue.js';
export { showSettings, type ShownSetting } from './process/shownSettings.js';
export { version } from './process/version.js';
export {
  createHubReporter,
  type HubReport,
  type HubReporter,
  type TableReport,
  type WorkerReport,
} from './status/hubReport.js';
export { checkMasterKey } from './secrets/masterKeyCheck.js';
export { createSeal, type Seal } from './secrets/seal.js';
export { StoreBusy } from './ingest/store.js';
export type { Receipt } from './ingest/ingestRequest.js';
export { createSignInFailures, type SignInFailures } from './secrets/signInFailures.js';
export { bearerFault, bearerToken, givenToken, givenTokenRule } from './secrets/token.js';
export type { Connectors } from './loadCurrent.js';
export type { SegmentExports } from './loadSync.js';
export { openAdmin, type Admin } from './admin/admin.js';
export { createAdminTokenIn, ensureAdminToken, hasAdminToken, provideAdminToken } from './admin/firstAdminToken.js';
export { hasRole } from './admin/adminRole.js';
export { watchAdminTokens, type AdminTokens, type ValidAdminToken } from './admin/adminTokenCache.js';
export {
  createConsoleSession,
  endConsoleSession,
  endConsoleSessions,
  watchConsoleSessions,
  type ConsoleSessions,
} from './admin/consoleSessions.js';
export { createAdminToken, findAdminTokens, listAdminTokens, revokeAdminToken } from './admin/adminTokens.js';
export type { AdminTokenView, NewAdminToken } from './admin/adminTokens.js';
export { narrowDeadLetters, type DeadLetterSearch } from './lookup/narrowDeadLetters.js';
export { narrowQuarantine, type QuarantineSearch } from './lookup/narrowQuarantine.js';
export { type DeliveryWait, type WaitReason } from './lookup/deliveryWait.js';
export { type DeliveryStatus, type EventDelivery } from './lookup/readDeliveries.js';
export { traceEvent, traceEvents, type EventFilter, type TracedEvent, type TracedPage } from './lookup/traceEvents.js';
export { findEventPlaces, type EventPlace, type EventQuestion } from './lookup/findEventPlaces.js';
export { breakerActions } from './circuitBreaker.js';
export { updateCurrent } from './currents/updateCurrent.js';
export { countDaily } from './currents/counts.js';
export { activityHours, readActivity, type CurrentActivity } from './counts/readActivity.js';
export { countIngest, maxCountRows, type IngestCounts, type IngestDimension } from './counts/countIngest.js';
export {
  countPoints,
  readSeries,
  type SeriesMetric,
  type SeriesQuestion,
  type SeriesResolution,
} from './counts/readSeries.js';
export { createCurrent } from './currents/createCurrent.js';
export { findCurrents, getCurrent, listCurrents } from './currents/currents.js';
export type { CurrentView, CurrentWarningCode } from './currents/currentView.js';
export { findAuditEntries, listAuditEntries, recordAuditEntry } from './admin/auditLog.js';
export type { AuditEntry, NewAuditEntry } from './admin/auditLog.js';
export type { FieldRule, FieldRules } from './fieldRules/fieldRule.js';
export { findDeadLetters, listDeadLetters, type DeadLetter } from './ledger/deadLetters.js';
export { maxPicks, type DeadLetterFilter } from './ledger/deadLetterFilter.js';
export { countDeadLetters, groupDeadLetters, type DeadLetterGroup } from './ledger/deadLetterGroups.js';
export { verdictOf, type DeadLetterVerdict } from './ledger/deadLetterVerdict.js';
export { discardProblem } from './ledger/discardDeadLetters.js';
export { deleteCurrent } from './currents/deleteCurrent.js';
export { listDestinations } from './currents/destinations.js';
export {
  createIngestToken,
  findIngestTokens,
  listIngestTokens,
  revokeIngestToken,
  updateIngestToken,
} from './admin/ingestTokens.js';
export type { IngestTokenCreated, IngestTokenView } from './admin/ingestTokens.js';
export { findLedgerDifferences, listLedgerDifferences, type LedgerDifferenceView } from './ledger/ledgerDifferences.js';
export type { LedgerQuantity } from './ledger/recount.js';
export { listKeysNearQuota } from './ledger/keysNearQuota.js';
export { runOnce } from './admin/idempotency.js';
export { isDay, maxCounted, QuestionRefused, rowId, type Page } from './admin/page.js';
export type { CurrentAction, FieldProblemCode } from './admin/problem.js';
export { countQuarantine } from './ledger/countQuarantine.js';
export { findQuarantinedEvents, listQuarantine, type QuarantinedEvent } from './ledger/quarantine.js';
export type { QuarantinedBodyState } from './ledger/quarantineBodies.js';
export type { QuarantineFilter } from './ledger/quarantineFilter.js';
export { groupQuarantine, type QuarantineGroup } from './ledger/quarantineGroups.js';
export { purgeProblem } from './ledger/purge.js';
export { replayProblem } from './ledger/replay.js';
export {
  findSkippedEvents,
  listSkippedEvents,
  type SkippedEvent,
  type SkippedEventFilter,
} from './ledger/skippedEvents.js';
export type { ReplayOutcome } from './replay/replayFilter.js';
export type { EstimateBasis as ReplayEstimateBasis } from './replay/replayPlan.js';
export { eventReplayProblem } from './replay/replayProblem.js';
export { withOpen, type ReplayWarningCode } from './replay/replayResult.js';
export type { JobState } from './db/schema.js';
export { cancelJob, findJobs, listJobs, type JobView } from './jobs/jobs.js';
export type { JobInputs, JobOperation } from './jobs/operations.js';
export { pauseJob, resumeJob } from './jobs/pauseJob.js';
export { launchCurrentFrom } from './jobs/launchCurrentFrom.js';
export { startJobRunner, type JobRunner } from './jobs/jobRunner.js';
export { promoteStagedCredentials, retireFormerCredentials, rollBackByHand } from './currents/promoteCredentials.js';
export type { RotationState } from './currents/credentialRotation.js';
export { discardStagedCredentials, stageCredentials, testStagedCredentials } from './currents/stageCredentials.js';
export { testCredentials } from './currents/testCredentials.js';
export { testGiven } from './currents/testGiven.js';
export { previewEvent, type PreviewSource } from './preview/previewEvent.js';
export { previewSelection } from './preview/previewSelection.js';
export type { PreviewVerdict } from './preview/judgeEvent.js';
export type { PreviewOf } from './preview/previewTarget.js';
export { sendTestEvent } from './preview/sendTestEvent.js';
export { listThrottledKeys, type ThrottledKey } from './ledger/throttledKeys.js';
export { launchCurrent, pauseCurrent, resumeCurrent } from './currents/transitions.js';
export { lookUpUserProfile, type UserProfileQuestion } from './currents/userProfile.js';
export { adminRoles, type AdminRole, type DeadOutcome, type CurrentState } from './db/schema.js';
export { watchImportKeys, type ImportKeys } from './cohorts/importKeyCache.js';
export { storePush, type NewPush, type PushStored } from './cohorts/storePush.js';
export {
  deleteCohort,
  findCohorts,
  getCohort,
  listCohorts,
  reportCohortSize,
  updateCohort,
} from './cohorts/manageCohorts.js';
export { createCohort } from './cohorts/createCohort.js';
export type { CohortView, Drift } from './cohorts/cohortView.js';
export { freshnessOf, type FreshnessState, type Schedule } from './cohorts/freshness.js';
export {
  cancelImportKeyRevocation,
  createImportKey,
  findImportKeys,
  listImportKeys,
  revokeImportKey,
} from './cohorts/manageImportKeys.js';
export type { ImportKeyView } from './cohorts/manageImportKeys.js';
export { memberKey } from './cohorts/memberKey.js';
export {
  createImportPartner,
  deleteImportPartner,
  findImportPartner,
  findImportPartners,
  listImportPartners,
} from './cohorts/partners.js';
export { findSyncs, listSyncs, type SyncView } from './cohorts/syncHistory.js';
export { createCohortPull } from './pulls/createCohortPull.js';
export { listPartnerCohorts, type PartnerCohortPage, type PartnerCohortView } from './pulls/partnerCohorts.js';
export {
  cancelCohortPull,
  deleteCohortPull,
  findPull,
  findPulls,
  getPull,
  listPulls,
  runCohortPull,
} from './pulls/managePulls.js';
export type { PullAction, PullFailure, PullState, PullView } from './pulls/pullView.js';
export { exportMembers, type ExportFormat, type MemberExport } from './segments/exportMembers.js';
export { previewSegment } from './segments/previewSegment.js';
export { listSegmentChanges, type SegmentChange, type SegmentChangePage } from './segments/segmentChanges.js';
export {
  createSegment,
  deleteSegment,
  findSegments,
  getSegment,
  listSegments,
  updateSegment,
} from './segments/manageSegments.js';
export { getMembership, listMembers, type Membership } from './segments/segmentMembers.js';
export type { SegmentView } from './segments/segmentView.js';
export {
  createWebhook,
  deleteWebhook,
  listWebhooks,
  pauseWebhook,
  resumeWebhook,
  rotateWebhookSecret,
} from './segments/manageWebhooks.js';
export { findWebhookExpiries, listWebhookExpiries, type WebhookExpiry } from './segments/webhookExpiries.js';
export { findWebhooks, getWebhook } from './segments/webhookView.js';
export type { WebhookAction, WebhookState, WebhookView } from './segments/webhookView.js';
export { isSignedBy } from './segments/webhookRequest.js';
export { checkSync, type SegmentSyncDrift } from './segmentExport/checkSync.js';
export { createSync, type CreateSyncResult } from './segmentExport/createSync.js';
export {
  deleteSync,
  launchSync,
  listSegmentSyncs,
  pauseSync,
  resumeSync,
  updateSyncCredentials,
} from './segmentExport/manageSyncs.js';
export { listSegmentDestinations } from './segmentExport/segmentDestinations.js';
export { planSync, type SegmentSyncPlan } from './segmentExport/planSync.js';
export {
  countSyncRefusals,
  countUnlistedRefusals,
  findSyncRefusals,
  listSyncRefusals,
  maxRefusals,
  type SyncRefusal,
} from './segmentExport/refusals.js';
export { resendSync } from './segmentExport/resendSync.js';
export { testSync } from './segmentExport/testSync.js';
export {
  findSyncsOfSegments,
  getSync,
  type SegmentSyncAction,
  type SegmentSyncState,
  type SegmentSyncView,
  type SegmentSyncWalk,
} from './segmentExport/syncView.js';
export { registerHubGauges } from './status/hubGauges.js';
export { openHubStatus, type HubStatus, type HubStatusReader } from './status/hubStatus.js';
export { windowEndsAt } from './status/retryWindow.js';
export { findProblems, type FindingKind, type HubFinding, type Severity } from './status/findings.js';
export type { NoticeKind, NoticeState } from './notices/noticeKinds.js';
export { raiseNotice } from './notices/raiseNotice.js';
export { findNotices, listNotices, type NoticeView, type NoticeViewState } from './notices/listNotices.js';
export {
  findNoticeMutes,
  listNoticeMutes,
  muteNotices,
  unmuteNotices,
  type NoticeMuteView,
} from './notices/manageMutes.js';
export { sendTestNotice } from './notices/sendTestNotice.js';
export {
  createNoticeWebhook,
  deleteNoticeWebhook,
  findNoticeWebhooks,
  getNoticeWebhook,
  listNoticeWebhooks,
  rotateNoticeWebhookSecret,
  testNoticeWebhook,
  updateNoticeWebhook,
} from './notices/manageNoticeWebhooks.js';
export { isWebhookSignedBy } from './process/webhookSignature.js';
export {
  addUserDeletions,
  createUserDeletion,
  findUserDeletions,
  listUserDeletions,
  maxDeletionRecords,
  userDeletionProblem,
  type UserDeletionRecord,
  type UserDeletionView,
} from './privacy/userDeletions.js';
export { userHash } from './privacy/userHash.js';
