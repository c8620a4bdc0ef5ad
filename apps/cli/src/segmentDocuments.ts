import { page, plainProblem, problem } from './hub/documentParts.js';

const syncRow = `id destination objectName state stateSince isClearing segment { id name }
  progress { kind doneCount totalCount } deliveredCount refusedCount waitingCount inFlightCount`;
const syncDetails = `${syncRow} changeCount returnedCount requestCount lastDeliveredAt syncedAt createdAt allowedActions
  block { code detail } deferral { code detail until }`;

// Roles are checked of all fields that a document names, whatever its directives say.
const sync = (more: string): string => `query ($id: ID!) {
    segmentSync(id: $id) { __typename ... on SegmentSync { ${syncDetails} ${more} } ${plainProblem} }
  }`;
const planFields = `objectName memberCount requestCount durationMs cost { count unit } sampledCount
        sampledRefusals { code count description }`;
const plan = (more: string): string => `query ($input: SegmentSyncPlanInput!) {
    segmentSyncPlan(input: $input) {
      __typename
      ... on SegmentSyncPlan { ${planFields} ${more} } ${problem}
    }
  }`;

/** A mutation of one sync, whose answer has the alias `change`. */
const change = (name: string, { more = '', problems = plainProblem } = {}): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${type}Input!) {
    change: ${name}(input: $input) { __typename ... on ${type}Payload { segmentSync { ${syncDetails} } ${more} } ${problems} }
  }`;
};

/** The documents of `currents segments`. A test validates each against the schema of the api. */
export const segmentDocuments = {
  segments: `query ($first: Int!, $after: String, $filter: SegmentFilter) {
    segments(first: $first, after: $after, filter: $filter) {
      nodes { id name memberCount evaluatedAt isEvaluationDue cohorts { id partner nameAtPartner } } ${page}
    }
  }`,
  segment: `query ($id: ID!) { segment(id: $id) { __typename ... on Segment { id name memberCount } ${plainProblem} } }`,
  syncsOfSegments: `query ($first: Int!, $after: String, $filter: SegmentFilter) {
    segments(first: $first, after: $after, filter: $filter) {
      nodes { id name syncs(first: 10) { nodes { ${syncRow} } pageInfo { hasNextPage } } } ${page}
    }
  }`,
  syncsOfSegment: `query ($id: ID!) {
    segment(id: $id) { ... on Segment { syncs(first: 200) { nodes { ${syncRow} } pageInfo { hasNextPage } } } ${plainProblem} }
  }`,
  sync: sync(''),
  /** Needs the role OPERATOR. */
  syncWithSettings: sync('account settings'),
  destinations: `{ segmentDestinations { name settingsSchema credentialsSchema } }`,
  plan: plan(''),
  /** Needs the role OPERATOR. */
  planWithExample: plan('example'),
  drift: `query ($id: ID!) {
    segmentSyncDrift(id: $id) {
      __typename ... on SegmentSyncDrift { memberCount heldCount missingCount surplusCount refusedCount } ${plainProblem}
    }
  }`,
  /** Needs the role OPERATOR. */
  refusals: `query ($id: ID!, $first: Int!, $after: String, $filter: SegmentSyncRefusalFilter) {
    segmentSync(id: $id) {
      __typename
      ... on SegmentSync {
        unlistedRefusalCount
        refusals(first: $first, after: $after, filter: $filter) {
          nodes {
            id type code detail refusedAt isSuperseded member { externalId deviceId alias { name label } }
          } ${page}
        }
      } ${plainProblem}
    }
  }`,
  create: change('createSegmentSync', { problems: problem }),
  launch: change('launchSegmentSync'),
  pause: change('pauseSegmentSync'),
  resume: change('resumeSegmentSync'),
  resend: change('resendSegmentSync', { more: `isDryRun plan { ${planFields} }`, problems: problem }),
  update: change('updateSegmentSync', { problems: problem }),
  delete: change('deleteSegmentSync', { more: 'isDryRun clearedCount' }),
} as const;
