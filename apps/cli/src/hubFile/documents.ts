import { page, plainProblem as plain, problem } from '../hub/documentParts.js';

const rule = `drop { fields } hash { fields } truncate { fields maxLength } allowOnly { fields } rename { field to }
  constant { name value } filter { field values isInverted }`;

/** A mutation with one input, whose answer has the alias `answer`. */
const mutation = (name: string, payload: string, problems = problem): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${type}Input!) {
    answer: ${name}(input: $input) { __typename ... on ${type}Payload { ${payload} } ${problems} }
  }`;
};

/** What a hub is compared with a file by. */
export const hubFileQueries = {
  destinations:
    '{ destinations { name settingsSchema } segmentDestinations { name settingsSchema credentialsSchema } }',
  currents: `query ($first: Int!, $after: String) { currents(first: $first, after: $after) {
    nodes {
      id version name state destinationName contactEmail settings credentials { kind fields } warnings { code } lingerMs
      selection { groups channels eventTypes }
      fieldRules { isReadable isWithoutContactDetails rules { ${rule} } }
    } ${page}
  } }`,
  importPartners: `query ($first: Int!, $after: String) { importPartners(first: $first, after: $after) {
    nodes { name isBuiltIn } ${page}
  } }`,
  cohorts: `query ($first: Int!, $after: String) { cohorts(first: $first, after: $after) {
    nodes { id partner partnerId nameAtPartner schedule pull { current { name state } } } ${page}
  } }`,
  segments: `query ($first: Int!, $after: String) { segments(first: $first, after: $after) {
    nodes {
      id version name
      definitionParts { level form cohort { partner partnerId } }
      webhooks(first: 100) { nodes { id url state } pageInfo { hasNextPage } }
    } ${page}
  } }`,
  syncs: `query ($first: Int!, $after: String) { segments(first: $first, after: $after) {
    nodes {
      id name syncs(first: 10) { nodes { id destination objectName state isClearing settings } pageInfo { hasNextPage } }
    } ${page}
  } }`,
  noticeWebhooks: `query ($first: Int!, $after: String) { noticeWebhooks(first: $first, after: $after) {
    nodes { id url } ${page}
  } }`,
  importKeys: `query ($first: Int!, $after: String) { importKeys(first: $first, after: $after) {
    nodes { id name revokedAt partner { name } } ${page}
  } }`,
  ingestTokens: `query ($first: Int!, $after: String) { ingestTokens(first: $first, after: $after) {
    nodes { id name eventsPerSecond bytesPerSecond } ${page}
  } }`,
} as const;

/** What a hub is changed by. */
export const hubFileMutations = {
  createCurrent: mutation('createCurrent', 'current { id }'),
  updateCurrent: mutation('updateCurrent', 'current { id }'),
  launchCurrent: mutation('launchCurrent', 'current { id }'),
  pauseCurrent: mutation('pauseCurrent', 'current { id }', plain),
  resumeCurrent: mutation('resumeCurrent', 'current { id }', plain),
  deleteCurrent: mutation('deleteCurrent', 'current { id }', plain),
  createImportPartner: mutation('createImportPartner', 'importPartner { name }'),
  deleteImportPartner: mutation('deleteImportPartner', 'importPartner { name }', plain),
  createCohort: mutation('createCohort', 'cohort { id }'),
  updateCohort: mutation('updateCohort', 'cohort { id }', plain),
  createCohortPull: mutation('createCohortPull', 'cohortPull { cohort { id } }', plain),
  deleteCohortPull: mutation('deleteCohortPull', '__typename', plain),
  createSegment: mutation('createSegment', 'segment { id }'),
  updateSegment: mutation('updateSegment', 'segment { id }'),
  deleteSegment: mutation('deleteSegment', 'segment { id }', plain),
  createSegmentWebhook: mutation('createSegmentWebhook', 'secret segmentWebhook { id }'),
  pauseSegmentWebhook: mutation('pauseSegmentWebhook', 'segmentWebhook { id }', plain),
  resumeSegmentWebhook: mutation('resumeSegmentWebhook', 'segmentWebhook { id }', plain),
  deleteSegmentWebhook: mutation('deleteSegmentWebhook', 'segmentWebhook { id }', plain),
  createSegmentSync: mutation('createSegmentSync', 'segmentSync { id }'),
  launchSegmentSync: mutation('launchSegmentSync', 'segmentSync { id }', plain),
  pauseSegmentSync: mutation('pauseSegmentSync', 'segmentSync { id }', plain),
  resumeSegmentSync: mutation('resumeSegmentSync', 'segmentSync { id }', plain),
  updateSegmentSync: mutation('updateSegmentSync', 'segmentSync { id }'),
  deleteSegmentSync: mutation('deleteSegmentSync', 'segmentSync { id }', plain),
  createNoticeWebhook: mutation('createNoticeWebhook', 'secret noticeWebhook { id }'),
  deleteNoticeWebhook: mutation('deleteNoticeWebhook', 'noticeWebhook { id }', plain),
  createImportKey: mutation('createImportKey', 'key importKey { id }'),
  revokeImportKey: mutation('revokeImportKey', 'importKey { id }', plain),
  cancelImportKeyRevocation: mutation('cancelImportKeyRevocation', 'importKey { id }', plain),
  createIngestToken: mutation('createIngestToken', 'token ingestToken { id }'),
  updateIngestToken: mutation('updateIngestToken', 'ingestToken { id }'),
  revokeIngestToken: mutation('revokeIngestToken', 'ingestToken { id }', plain),
} as const;

export type MutationName = keyof typeof hubFileMutations;
