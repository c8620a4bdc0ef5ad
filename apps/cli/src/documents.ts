import { page, plainProblem, problem } from './hub/documentParts.js';

const counts = 'counts { selected delivered skipped rejected expired pending }';

const currentRow = `id name state destinationName stateChangedAt oldestPendingAt ${counts}`;
const currentDetails = `${currentRow} contactEmail createdAt retryWindowEndsAt eventTypes settings allowedActions
  block { blockedAt code detail nextProbeAt } deferral { code detail until } warnings { code message }`;

const eventFields = `event storedAt requestPosition ingestToken { id name }
  quarantinedEvent { id code detail eventId eventType releasedAt }
  deliveries {
    current { id name } status code detail attemptCount firstAttemptAt lastAttemptAt isReplay
    wait { reason code detail until }
    deadLetter { id verdict replayedAt discardedAt }
  }
  unselectedCurrents { id name }`;

const job = `id operation state isDryRun doneCount totalCount createdAt startedAt finishedAt estimatedEndAt error reason
  result { ...Result } resultSoFar { ...Result }`;
const result = `fragment Result on JobResult {
  __typename
  ... on ReplayResult { eventCount deliveryCount permanentCount }
  ... on DiscardResult { eventCount }
  ... on RestoreResult { eventCount }
  ... on PurgeResult { eventCount }
  ... on ReleaseResult { eventCount unreadableCount stillRefused { code detail eventCount } }
  ... on EventReplayResult {
    eventCount deliveryCount deliveredCount skippedCount rejectedCount expiredCount pendingCount cancelledCount unreadableCount
    plan { byteCount estimatedMs skippedCount rejectedCount recognisedCount repeatedCount warnings { message } }
  }
}`;

/** A mutation of one job, whose answer has the alias `change`. */
const changeJob = (name: string): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($id: ID!) {
    change: ${name}(input: { id: $id }) { ... on ${type}Payload { job { ${job} } } ${plainProblem} }
  } ${result}`;
};

/** Every GraphQL document that the command line sends. A test validates each against the schema of the api. */
export const documents = {
  overview: `query { overview {
    checkedAt itemCount liveWorkerCount deadLetterCount quarantinedEventCount
    totals { currentsByState { state currentCount } pendingCount oldestPendingAt selectedTodayCount deliveredTodayCount }
    items(first: 200) { kind severity message remedy startedAt count node { id } }
  } }`,

  currents: `query ($first: Int!, $after: String, $filter: CurrentFilter) {
    currents(first: $first, after: $after, filter: $filter) { nodes { ${currentRow} } ${page} }
  }`,
  current: `query ($id: ID!) { current(id: $id) { __typename ... on Current { ${currentDetails} } ${plainProblem} } }`,
  launchCurrent: `mutation ($input: LaunchCurrentInput!) {
    launchCurrent(input: $input) {
      ... on LaunchCurrentPayload { current { ${currentRow} } backfill { ${job} } } ${problem}
    }
  } ${result}`,
  pauseCurrent: `mutation ($id: ID!) {
    pauseCurrent(input: { id: $id }) { ... on PauseCurrentPayload { current { ${currentRow} } } ${plainProblem} }
  }`,
  resumeCurrent: `mutation ($id: ID!) {
    resumeCurrent(input: { id: $id }) { ... on ResumeCurrentPayload { current { ${currentRow} } } ${plainProblem} }
  }`,
  testCurrent: `mutation ($id: ID!) {
    testCredentials(input: { currentId: $id }) { ... on TestCredentialsPayload { message } ${problem} }
  }`,

  event: `query ($id: String!) { event(eventId: $id) { __typename ... on StoredEvent { ${eventFields} } ${plainProblem} } }`,
  events: `query ($first: Int!, $after: String, $filter: StoredEventFilter!) {
    events(first: $first, after: $after, filter: $filter) { nodes { ${eventFields} } unsearchedDays ${page} }
  }`,
  tail: `subscription ($filter: LiveTailFilter) {
    liveTail(filter: $filter) {
      leftOutCount
      items { kind occurredAt eventId eventType code current { id name } ingestToken { id name } }
    }
  }`,

  ingestTokens: `query ($first: Int!, $after: String, $includeRevoked: Boolean!) {
    ingestTokens(first: $first, after: $after, includeRevoked: $includeRevoked) {
      nodes { id name isValid createdAt lastUsedAt revokedAt } ${page}
    }
  }`,
  adminTokens: `query ($first: Int!, $after: String) {
    adminTokens(first: $first, after: $after) {
      nodes { id name role isValid isOwn createdAt lastUsedAt expiresAt revokedAt } ${page}
    }
  }`,
  createIngestToken: `mutation ($input: CreateIngestTokenInput!) {
    createIngestToken(input: $input) { ... on CreateIngestTokenPayload { token ingestToken { id name } } ${problem} }
  }`,
  createAdminToken: `mutation ($input: CreateAdminTokenInput!) {
    createAdminToken(input: $input) { ... on CreateAdminTokenPayload { token adminToken { id name role expiresAt } } ${problem} }
  }`,
  token: `query ($id: ID!) {
    node(id: $id) {
      __typename
      ... on IngestToken { id name isValid lastUsedAt }
      ... on AdminToken { id name role isValid isOwn lastUsedAt }
    }
  }`,
  revokeIngestToken: `mutation ($id: ID!, $name: String!) {
    revokeIngestToken(input: { id: $id, confirmName: $name }) {
      ... on RevokeIngestTokenPayload { ingestToken { id name revokedAt } } ${plainProblem}
    }
  }`,
  revokeAdminToken: `mutation ($id: ID!) {
    revokeAdminToken(input: { id: $id, confirmId: $id }) {
      ... on RevokeAdminTokenPayload { adminToken { id name revokedAt } } ${plainProblem}
    }
  }`,

  deadLetters: `query ($first: Int!, $after: String, $filter: DeadLetterFilter) {
    deadLetters(first: $first, after: $after, filter: $filter) {
      nodes { id outcome code detail verdict eventType eventId attemptCount recordedAt replayedAt discardedAt current { id name } }
      ${page}
    }
  }`,
  deadLetterGroups: `query ($currentId: ID!, $filter: DeadLetterFilter) {
    deadLetterGroups(currentId: $currentId, filter: $filter) {
      outcome code eventType verdict eventCount replayedCount discardedCount firstAt lastAt
    }
  }`,
  replayDeadLetters: `mutation ($currentId: ID!, $filter: ReplayFilter, $dryRun: Boolean!) {
    change: replayDeadLetters(input: { currentId: $currentId, filter: $filter, dryRun: $dryRun }) {
      ... on ReplayDeadLettersPayload { job { ${job} } } ${plainProblem}
    }
  } ${result}`,
  discardDeadLetters: `mutation ($currentId: ID!, $filter: ReplayFilter, $dryRun: Boolean!, $reason: String!, $confirmName: String) {
    change: discardDeadLetters(
      input: { currentId: $currentId, filter: $filter, dryRun: $dryRun, reason: $reason, confirmName: $confirmName }
    ) { ... on DiscardDeadLettersPayload { job { ${job} } } ${plainProblem} }
  } ${result}`,
  restoreDeadLetters: `mutation ($currentId: ID!, $filter: ReplayFilter, $dryRun: Boolean!) {
    change: restoreDeadLetters(input: { currentId: $currentId, filter: $filter, dryRun: $dryRun }) {
      ... on RestoreDeadLettersPayload { job { ${job} } } ${plainProblem}
    }
  } ${result}`,

  quarantinedEvents: `query ($first: Int!, $after: String, $filter: QuarantineFilter) {
    quarantinedEvents(first: $first, after: $after, filter: $filter) {
      nodes { id code detail eventType eventId bodyState storedAt releasedAt ingestToken { id name } } ${page}
    }
  }`,
  quarantineGroups: `query ($filter: QuarantineFilter) {
    quarantineGroups(filter: $filter) { code eventType eventCount releasedCount purgedCount firstAt lastAt }
  }`,
  releaseQuarantinedEvents: `mutation ($filter: ReleaseFilter, $dryRun: Boolean!) {
    change: releaseQuarantinedEvents(input: { filter: $filter, dryRun: $dryRun }) {
      ... on ReleaseQuarantinedEventsPayload { job { ${job} } } ${plainProblem}
    }
  } ${result}`,
  purgeQuarantinedEvents: `mutation ($filter: QuarantineFilter, $dryRun: Boolean!, $reason: String, $confirmEventCount: Count) {
    change: purgeQuarantinedEvents(
      input: { filter: $filter, dryRun: $dryRun, reason: $reason, confirmEventCount: $confirmEventCount }
    ) { ... on PurgeQuarantinedEventsPayload { job { ${job} } } ${plainProblem} }
  } ${result}`,

  replayEvents: `mutation ($currentId: ID!, $filter: EventReplayFilter!, $dryRun: Boolean!, $confirmName: String) {
    change: replayEvents(input: { currentId: $currentId, filter: $filter, dryRun: $dryRun, confirmName: $confirmName }) {
      ... on ReplayEventsPayload { job { ${job} } } ${problem}
    }
  } ${result}`,

  job: `query ($id: ID!) { job(id: $id) { ${job} } } ${result}`,
  pauseJob: changeJob('pauseJob'),
  resumeJob: changeJob('resumeJob'),
  cancelJob: changeJob('cancelJob'),
  jobs: `query ($first: Int!, $after: String, $filter: JobFilter) {
    jobs(first: $first, after: $after, filter: $filter) { nodes { ${job} } ${page} }
  } ${result}`,
} as const;
