import { decided, type Answer, type Conditions, type Decision, type FakeRequest } from '../exchange.js';
import { isObject } from '../strictJson.js';
import { badRequest, invalidApiKey, invalidJson, payloadTooLarge, unsupportedMediaType } from './answers.js';
import { decideEvents } from './decideEvents.js';
import type { AmplitudeProfile } from './profile.js';
import { endpoints, type Endpoint, type Ingestion, type UploadBody } from './upload.js';

/** Decides uploads: checks run in Amplitude's order, and the first failing one determines the response; then nothing is stored. */
export function createUpload(ingestion: Ingestion): (request: FakeRequest, conditions: Conditions) => Decision {
  return (request, conditions) => {
    const endpoint = endpoints[request.path];
    const refuse = decided.bind(undefined, request);
    if (endpoint === undefined || request.method !== 'POST')
      return refuse(badRequest('Invalid request path'), 'path or method');
    const profile = ingestion.profile();
    if (mediaType(request) !== 'application/json')
      return refuse(profile.contentType === 415 ? unsupportedMediaType : invalidJson, 'content type');
    const encoding = checkEncoding(request, profile);
    if (encoding !== undefined) return refuse(encoding, 'content encoding');
    if (request.body.byteLength === 0) return refuse(badRequest('Missing request body'), 'no body');
    return decideBody(ingestion, profile, endpoint, request, conditions);
  };
}

function decideBody(
  ingestion: Ingestion,
  profile: AmplitudeProfile,
  endpoint: Endpoint,
  request: FakeRequest,
  conditions: Conditions,
): Decision {
  const body = ingestion.bodyOf(request);
  const state = ingestion
    .projects()
    .find(({ project, region }) => project.apiKey === body.apiKey && region === request.listener);
  const about = { project: state?.name, eventCount: body.events.length, uncompressedBytes: body.uncompressedBytes };
  const say = (answer: Answer, reason: string): Decision => ({ answer, reason, ...about });

  const measured = profile.sizeBasis === 'compressed' ? request.body.byteLength : body.uncompressedBytes;
  if (measured > (conditions.maxBytes ?? endpoint.largestBytes(profile))) return say(payloadTooLarge, 'too many bytes');
  if (body.upload === undefined) return say(invalidJson, 'not a JSON object');
  if (body.apiKey === undefined || body.apiKey === '') return say(missingField('api_key'), 'no api_key');
  if (state === undefined) return say(invalidApiKey(body.apiKey, profile.keyText), 'unknown key');
  const shape = checkShape(body, endpoint);
  if (shape !== undefined) return say(shape, 'shape');
  const { minIdLength, invalid } = readOptions(body.upload['options']);
  if (invalid) return say(badRequest('Invalid field values on some events'), 'options');
  return { ...decideEvents(ingestion, { profile, endpoint, request, conditions, state, body, minIdLength }), ...about };
}

function checkShape({ upload, events }: UploadBody, endpoint: Endpoint): Answer | undefined {
  if (!Array.isArray(upload?.['events']) || events.length === 0) return missingField('events');
  if (events.length > endpoint.maxEvents) return payloadTooLarge;
  return events.every(isObject) ? undefined : badRequest('Invalid event JSON');
}

/** Amplitude, HTTP V2 API: ids have at least five characters unless the request sets min_id_length. */
function readOptions(options: unknown): { readonly minIdLength: number; readonly invalid: boolean } {
  const given = isObject(options) ? options['min_id_length'] : undefined;
  if (given === undefined) return { minIdLength: 5, invalid: false };
  const isGood = Number.isInteger(given) && (given as number) >= 0;
  return isGood ? { minIdLength: given as number, invalid: false } : { minIdLength: 5, invalid: true };
}

function checkEncoding(request: FakeRequest, profile: AmplitudeProfile): Answer | undefined {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') return undefined;
  if (encoding !== 'gzip') return invalidJson;
  if (profile.gzip === 'accept') return undefined;
  return profile.gzip === 'reject400' ? invalidJson : unsupportedMediaType;
}

function missingField(field: string): Answer {
  return badRequest('Request missing required field', { missing_field: field });
}

function mediaType(request: FakeRequest): string | undefined {
  return request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
