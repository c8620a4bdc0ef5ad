import { decided, empty, text } from '../exchange.js';
import type { Answer, Decision, Dialect, FakeRequest, PartnerService } from '../exchange.js';
import { decodeText, isObject, parseJson } from '../strictJson.js';
import {
  badRequest,
  forbidden,
  invalidApiKey,
  invalidJson,
  projectTooFast,
  tooFast,
  unsupportedMediaType,
} from './answers.js';
import { createCohortsApi } from './cohortsApi.js';
import { createUpload } from './uploadEvents.js';
import type { ProjectState } from './project.js';
import { endpoints, insertIdOf, readUpload, type Ingestion, type UploadBody } from './upload.js';
import { decideUserProfile, type UserProfile } from './userProfile.js';

/** Amplitude's ingestion hosts with the Behavioral Cohorts API, and its profile host. */
export function createAmplitudeService(
  shared: Omit<Ingestion, 'bodyOf'>,
  users: () => readonly UserProfile[],
): PartnerService {
  const bodies = new WeakMap<FakeRequest, UploadBody>();
  const bodyOf = (request: FakeRequest): UploadBody => {
    const body = bodies.get(request) ?? readUpload(request);
    bodies.set(request, body);
    return body;
  };
  const upload = createUpload({ ...shared, bodyOf });
  const cohorts = createCohortsApi(shared.clock, shared.profile, shared.projects);
  const eventsOf = (request: FakeRequest): readonly unknown[] =>
    request.path in endpoints ? bodyOf(request).events : [];

  const dialect: Dialect = {
    revoked: (request) => invalidApiKey(bodyOf(request).apiKey ?? '', shared.profile().keyText),
    refusedWithoutDetails: () => badRequest('Invalid event JSON'),
    forbidden: () => forbidden,
    gzipRefused: (status) => (status === 400 ? invalidJson : unsupportedMediaType),
    tooManyRequests: (request, named) =>
      named === 'none' ? projectTooFast : pretendTooFast(request, bodyOf(request), named, shared),
  };

  return {
    projectInHeaders: false,
    maxInFlight: Infinity,
    dialect,
    projectOf(request) {
      if (!request.complete || !(request.path in endpoints)) return undefined;
      const { apiKey } = bodyOf(request);
      return shared.projects().find(({ project }) => project.apiKey === apiKey)?.name;
    },
    idsOf: (request) => eventsOf(request).flatMap((event) => insertIdOf(event) ?? []),
    eventCountOf: (request) => eventsOf(request).length,
    decide(request, conditions) {
      const { path, listener } = request;
      if (listener === 'profile') return decideUserProfile(request, shared.projects(), users(), shared.clock.now());
      const answered = cohorts(request);
      if (answered !== undefined) return answered;
      if (path === '/identify') return decideIdentify(request, shared.projects());
      if (path in endpoints || path.startsWith('/2/') || path.startsWith('/batch')) return upload(request, conditions);
      return decided(request, empty(404), 'path');
    },
  };
}

/** A 429 of a fault: reports the users and devices of the named events as slightly above the rate. */
function pretendTooFast(
  request: FakeRequest,
  { events, apiKey }: UploadBody,
  named: 'all' | readonly string[],
  { projects, profile }: Omit<Ingestion, 'bodyOf'>,
): Answer {
  const state = projects().find(({ project }) => project.apiKey === apiKey);
  const eps = state === undefined ? 30 : (endpoints[request.path]?.eps(state) ?? 30);
  const users = new Map<string, number>();
  const devices = new Map<string, number>();
  const indexes: number[] = [];
  for (const [index, event] of events.entries()) {
    if (!isObject(event) || (named !== 'all' && !named.includes(insertIdOf(event) ?? ''))) continue;
    const { user_id: userId, device_id: deviceId } = event;
    if (typeof userId === 'string') users.set(userId, eps + 1);
    if (typeof deviceId === 'string') devices.set(deviceId, eps + 1);
    indexes.push(index);
  }
  return tooFast(eps, { users, devices, dailyUsers: new Map(), dailyDevices: new Map() }, indexes, profile().emptyMaps);
}

const maxQueryBytes = 8 * 1024;

/** Decides requests to /identify: form fields `api_key` and `identification`. Amplitude, Identify API. */
function decideIdentify(request: FakeRequest, projects: readonly ProjectState[]): Decision {
  const say = decided.bind(undefined, request);
  if (request.method === 'GET' && request.queryText.length > maxQueryBytes) return say(empty(414), 'query too long');
  const form = request.method === 'GET' ? request.query : new URLSearchParams(decodeText(request.body).text);
  const known = projects.some(
    ({ project, region }) => project.apiKey === form.get('api_key') && region === request.listener,
  );
  if (!known) return say(text(400, 'invalid_api_key'), 'unknown key'); // assumed
  const parsed = parseJson(form.get('identification') ?? '');
  const isUsable = 'value' in parsed && typeof parsed.value === 'object' && parsed.value !== null;
  return isUsable ? say(text(200, 'success'), 'identified') : say(text(400, 'missing_event'), 'no identification');
}
