export type {
  Budget,
  Quota,
  Connector,
  Deduplication,
  Item,
  JsonChunk,
  MapResult,
  RateLimit,
  RequestLimits,
  SendContext,
  SendResult,
  TestResult,
  SendOutcome,
} from './connector.js';
export { signatureHeaders } from './http.js';
export type { BodyPiece, BodySignature, Http, HttpAnswer, HttpRequest } from './http.js';
export type { ProfileParts, Propensity, Recommendation, UserAnswer, UserProfile, UserQuery } from './userLookup.js';
export { brazeCohorts } from './brazeCohorts.js';
export { memberReasons, readCohortId, readCohortReference, readId, readMembers, readName } from './readMembers.js';
export { expected, parsePush, readPushBody, readPushBodyInSteps, textInBody } from './pushBody.js';
export type { Fields } from './pushBody.js';
export { jsonReply, pushStatuses } from './pushReply.js';
export { isRecord } from '@currents/schema';
export { basicAuthorization, basicCredentials, bearerToken, firstText } from './authorizationHeader.js';
export { answerAll } from './answerAll.js';
export { bodySignature, signingSecret } from './bodySignature.js';
export { headerSettings, headerToken, requestHeaders } from './requestHeaders.js';
export { interpretByStatus, statusSettings } from './interpretByStatus.js';
export { copyProperties, setProperty } from './copyProperties.js';
export { joinJson, wholeChunkAt } from './jsonChunk.js';
export { brazeEventNames, createEventNaming } from './eventNaming.js';
export type { EventNames, EventNaming } from './eventNaming.js';
export { baseUrlOf, baseUrlSetting, eventNamesSetting, regionOrigins, requestBytesSetting } from './sharedSettings.js';
export { createPlaceholderCheck, isGiven } from './placeholderIds.js';
export {
  createRedactor,
  gzipRefused,
  interpretAnswer,
  toPullFailure,
  toSendOutcome,
  toTestResult,
} from './interpretAnswer.js';
export type { AnswerRules, Refusal } from './interpretAnswer.js';
export { streamFollowingLink } from './followLink.js';
export { listCohorts, readPartnerCohort, requestWholeBody } from './pullHelpers.js';
export { fitNested, type NestedLimits } from './fitNested.js';
export { describeShortened, shortenedProperty, shortenLists } from './shortenLists.js';
export { flatProperties } from './flatProperties.js';
export { personEvents } from './personEvents.js';
export { changesOfProfile, profileUpdate } from './profileUpdate.js';
export { uuidOf } from './uuidOf.js';
export { wholeRequests } from './wholeRequests.js';
export { customPropertyPrefix, freePrefixes, purchasePropertyPrefix } from './freePrefixes.js';
export { createMemberFileReader } from './memberFile.js';
export type { MemberFileReader } from './memberFile.js';
export { pastedFault, trimPasted } from './pasted.js';
export { placeholderCredentials } from './placeholderCredentials.js';
export { recordRequest, type RecordedRequest } from './recordRequest.js';
export { redact } from './redact.js';
export { testMark } from './testMark.js';
export { jsonObjectIn, readJson, readJsonObject } from './readJson.js';
export { retryAfterMs } from './retryAfter.js';
export { exampleImportKey } from './cohortImport.js';
export type {
  CohortChange,
  CohortImport,
  CohortReference,
  CohortRoute,
  CohortSession,
  Member,
  ParsedPush,
  Push,
  PushReply,
  PushResult,
} from './cohortImport.js';
export type {
  CohortList,
  CohortPull,
  MemberPage,
  PartnerCohort,
  PullContext,
  PullLimits,
  PullCursor,
  PullStep,
  PullFailure,
  StreamingHttp,
  OnPage,
} from './cohortPull.js';
export type { ExportLimits, ExportMapResult, ExportObject, SegmentExport } from './segmentExport.js';
