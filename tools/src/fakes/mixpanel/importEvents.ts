import type { Answer, Conditions, Decision, FakeRequest } from '../exchange.js';
import { retryAfter } from '../faults/faultAnswer.js';
import { inflate } from '../inflate.js';
import { countAt, fits } from '../rollingCount.js';
import { isObject } from '../strictJson.js';
import { badRequest, methodNotAllowed, partlyImported, rateLimited, tooLarge, unauthorised } from './answers.js';
import { authorise } from './authorise.js';
import { decideRecords } from './importRecords.js';
import type { MixpanelProfile } from './profile.js';
import type { Ingestion, ProjectState } from './project.js';
import { mediaTypeOf, readRecords } from './records.js';

// Mixpanel, Import Events reference.
const maxEvents = 2000;
const rateSeconds = 60;
const identityEvents = new Set(['$identify', '$create_alias', '$merge']);
const identityText = 'identity events are not allowed when project is using simplified identity management';

/** Decides requests to /import: checks run in Mixpanel's order, and the first failing one determines the response. */
export function createImport(ingestion: Ingestion): (request: FakeRequest, conditions: Conditions) => Decision {
  return (request, conditions) => {
    if (request.method !== 'POST') return refuse(methodNotAllowed, 'method');
    const profile = ingestion.profile();
    const access = authorise(request, ingestion.projects());
    if (access.kind === 'refused') return refuse(unauthorised, access.reason);
    if (access.kind === 'elsewhere' && profile.wrongRegion === '401') return refuse(unauthorised, 'another region');
    const decision = decideBody(ingestion, profile, request, conditions, access.state);
    // A black hole responds like Mixpanel but stores nothing.
    const { commit, ...lost } = decision;
    return access.kind === 'elsewhere' && commit !== undefined ? { ...lost, reason: 'black hole' } : decision;
  };
}

function decideBody(
  ingestion: Ingestion,
  profile: MixpanelProfile,
  request: FakeRequest,
  conditions: Conditions,
  state: ProjectState,
): Decision {
  const maxBytes = conditions.maxBytes ?? profile.maxBytes;
  const mediaType = mediaTypeOf(request.headers['content-type']);
  const inflated = inflate(request.body, request.headers['content-encoding'], maxBytes);
  const bytes =
    'bytes' in inflated
      ? inflated.bytes.byteLength
      : inflated.refused === 'tooLarge'
        ? maxBytes + 1
        : request.body.byteLength;
  const records = 'bytes' in inflated && mediaType !== undefined ? readRecords(inflated.bytes, mediaType) : undefined;
  const eventCount = records?.records.length ?? 0;
  if (records !== undefined) ingestion.keepRecords(request, records.records);

  const nowMs = ingestion.clock.now();
  const about = { project: state.project.projectId, eventCount, uncompressedBytes: bytes };
  const say = (answer: Answer, reason: string): Decision => ({ answer, reason, ...about });
  const decide = (): Decision => {
    if (mediaType === undefined) return say(badRequest('unsupported content type'), 'content type');
    if ('refused' in inflated) {
      const { refused } = inflated;
      if (refused === 'tooLarge') return say(tooLarge(`${maxBytes} bytes`), 'too many bytes');
      return say(badRequest(refused === 'gzip' ? 'bad gzip' : 'unsupported content encoding'), refused);
    }
    const strict = request.query.get('strict') ?? profile.strictDefault;
    if (strict !== '0' && strict !== '1') return say(badRequest("'strict' must be 0 or 1"), 'strict');
    if (records === undefined) return say(badRequest('invalid JSON'), 'not a list of JSON events');
    if (eventCount > maxEvents) {
      const limit = `${maxEvents} events`;
      const isStatus413 = profile.tooMany === 413;
      return say(
        isStatus413 ? tooLarge(limit) : badRequest(`request exceeds max limit of ${limit}`),
        'too many events',
      );
    }
    if ((state.project.identity ?? 'simplified') === 'simplified' && records.records.some(isIdentityEvent)) {
      return say(partlyImported([identityText], 0, profile.omitError), 'identity event in a simplified project');
    }
    const decided = decideRecords(ingestion, profile, request, conditions, state, records, strict === '1', nowMs);
    return { ...decided, ...about };
  };

  const count = (): void => {
    countAt(state.bytes, nowMs, bytes);
    countAt(state.events, nowMs, eventCount);
  };
  const isWithinRates =
    fits(state.bytes, nowMs, rateSeconds, state.maxBytesPerMin, bytes) &&
    fits(state.events, nowMs, rateSeconds, state.maxEventsPerMin, eventCount);
  if (!isWithinRates) {
    if (profile.countRejected) count();
    const headers =
      profile.retryAfter === 'none' ? undefined : { 'retry-after': retryAfter(5, profile.retryAfter, nowMs) };
    return say(rateLimited(headers), 'rate');
  }
  const decision = decide();
  if (profile.countRejected || decision.answer.status === 200) count();
  return decision;
}

function isIdentityEvent(record: unknown): boolean {
  const event = isObject(record) ? record['event'] : undefined;
  return typeof event === 'string' && event.charCodeAt(0) === 36 && identityEvents.has(event);
}

function refuse(answer: Answer, reason: string): Decision {
  return { answer, reason, eventCount: 0, uncompressedBytes: 0 };
}
