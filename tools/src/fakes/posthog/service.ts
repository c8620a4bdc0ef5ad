import { decided, json, text, type Answer, type Conditions, type Decision } from '../exchange.js';
import type { Dialect, FakeRequest, PartnerService } from '../exchange.js';
import type { Surroundings } from '../fake.js';
import { inflate } from '../inflate.js';
import { decodeText, findDuplicateKeys, isObject, parseJson } from '../strictJson.js';
import { checkEvent, type Finding } from './checkEvent.js';
import type { PostHogProfile } from './profile.js';

export interface PostHogProject {
  readonly projectId: string;
  readonly token: string;
  /** `us` when absent. */
  readonly region?: 'us' | 'eu';
}

type Events = readonly Readonly<Record<string, unknown>>[];

/** A batch in the one form that a careful client sends. */
interface Batch {
  readonly apiKey: unknown;
  readonly events: readonly unknown[];
  readonly text: string;
  readonly hasSentAt: boolean;
}

// PostHog, rust/capture/src/api.rs: errors are plain text.
const dialect: Dialect = {
  revoked: () => text(401, 'API key is not valid: unknown'),
  refusedWithoutDetails: () => text(400, 'failed to parse the request'),
  forbidden: () => text(403, 'Forbidden'),
  gzipRefused: (status) => text(status, 'invalid GZIP data'),
  tooManyRequests: () => text(429, 'rate limited'),
};

type State = Surroundings<PostHogProfile> & { readonly projects: readonly PostHogProject[] };

/** PostHog's capture, `POST /batch`. */
export function createPostHogService({ clock, ledger, profile, projects }: State): PartnerService {
  const batches = new WeakMap<FakeRequest, Batch | undefined>();
  const batchOf = (request: FakeRequest): Batch | undefined => {
    if (!batches.has(request)) batches.set(request, readBatch(request));
    return batches.get(request);
  };
  const projectOf = (request: FakeRequest): PostHogProject | undefined =>
    projects.find(({ token, region = 'us' }) => token === batchOf(request)?.apiKey && region === request.listener);

  function decide(request: FakeRequest, conditions: Conditions): Decision {
    const { maxBytes, unknownToken, statusBody, isOverQuota } = profile();
    const say = (answer: Answer, reason: string): Decision => decided(request, answer, reason);
    if (request.path !== '/batch' && request.path !== '/batch/') return say(text(404, ''), 'path');
    if (request.method !== 'POST') return say(text(405, ''), 'method');
    if (request.headers['content-type'] !== 'application/json') ledger.violate(request.seq, 'contentType');
    const inflated = inflate(request.body, request.headers['content-encoding'], conditions.maxBytes ?? maxBytes);
    if ('refused' in inflated)
      return say(
        inflated.refused === 'tooLarge' ? text(413, 'payload too large') : text(400, 'invalid GZIP data'),
        inflated.refused,
      );
    const batch = batchOf(request);
    if (!batch) return say(text(400, 'a non-engage request is missing its event name'), 'shape');
    if (batch.events.length === 0) return say(text(400, 'request holds no event'), 'no event');
    const about = {
      project: projectOf(request)?.projectId,
      eventCount: batch.events.length,
      uncompressedBytes: inflated.bytes.byteLength,
    };
    const keyProblem = problemOfKey(batch.apiKey);
    if (keyProblem !== undefined)
      return { ...about, answer: text(401, `API key is not valid: ${keyProblem}`), reason: 'key' };
    if (batch.hasSentAt) ledger.violate(request.seq, 'sentAt');
    for (const key of findDuplicateKeys(batch.text)) ledger.violate(request.seq, 'duplicateKey', 1, key);

    const findings = batch.events.map((event) => checkEvent(event, profile(), clock.now()));
    const forced = conditions.partial400?.ids ?? [];
    const refused = findings.findIndex(
      (finding, index) => 'refused' in finding || forced.includes(uuidOf(batch.events[index])),
    );
    if (refused >= 0) {
      const finding = findings[refused];
      const words = finding && 'refused' in finding ? finding.refused : 'invalid event';
      return { ...about, answer: text(400, words), reason: `event ${refused}` };
    }
    const project = projectOf(request);
    if (!project && unknownToken === '401')
      return { ...about, answer: text(401, 'API key is not valid: unknown'), reason: 'unknown key' };
    const ok = { ...about, answer: json(200, { status: statusBody }) };
    if (!project || isOverQuota) return { ...ok, reason: 'dropped' };
    return (
      storing(request, project, batch, findings, about) ?? {
        ...ok,
        reason: 'stored',
        commit: () => keepAll(request, project, batch, findings, batch.events.length),
      }
    );
  }

  /** A 413 for one event: those before it are stored already. */
  function storing(
    request: FakeRequest,
    project: PostHogProject,
    batch: Batch,
    findings: readonly Finding[],
    about: Pick<Decision, 'project' | 'eventCount' | 'uncompressedBytes'>,
  ): Decision | undefined {
    const { maxEventBytes, tooBigEvent } = profile();
    const large = batch.events.findIndex((event) => producedBytes(event) > maxEventBytes);
    if (large < 0) return undefined;
    const answer = text(413, 'event is too large');
    if (tooBigEvent === 'stores nothing' || large === 0)
      return { ...about, answer, reason: `event ${large} too large` };
    const commit = (): void => keepAll(request, project, batch, findings, large);
    return { ...about, answer, reason: `event ${large} too large`, commit };
  }

  function keepAll(
    { seq }: FakeRequest,
    { projectId }: PostHogProject,
    { events }: Batch,
    findings: readonly Finding[],
    count: number,
  ): void {
    for (let index = 0; index < count; index++) {
      const finding = findings[index] as Finding;
      if (!('uuid' in finding)) continue;
      const { distinctId, uuid, timestamp, warnings } = finding;
      for (const warning of warnings) ledger.violate(seq, warning);
      const event = events[index] as Readonly<Record<string, unknown>>;
      const ms = Date.parse(timestamp);
      ledger.store(
        {
          seq,
          index,
          project: projectId,
          receivedAt: clock.now(),
          id: uuid === '' ? undefined : uuid,
          eventPart: String(event['event']),
          personPart: distinctId,
          // PostHog, docs, Data, Events, and its table of events, which is sorted by the day.
          timePart: profile().dedupe === 'day' ? Math.floor(ms / 86_400_000) : ms,
        },
        () => ({
          person: distinctId,
          event: { ...event, distinct_id: distinctId, timestamp },
          altered: [],
          hidden: false,
        }),
      );
    }
  }

  const eventsOf = (request: FakeRequest): Events => (batchOf(request)?.events ?? []).filter(isObject);
  return {
    projectInHeaders: false,
    maxInFlight: 20,
    dialect,
    projectOf: (request) => (request.complete ? projectOf(request)?.projectId : undefined),
    idsOf: (request) => eventsOf(request).map(uuidOf),
    eventCountOf: (request) => eventsOf(request).length,
    decide,
  };
}

function uuidOf(event: unknown): string {
  return isObject(event) ? String(event['uuid']).toLowerCase() : '';
}

/** PostHog, rust/capture/src/token.rs. */
function problemOfKey(key: unknown): string | undefined {
  if (typeof key !== 'string' || key.trim() === '') return 'empty';
  if (key.length > 64) return 'too_long';
  if (/[^\x01-\x7f]/.test(key)) return 'not_ascii';
  return key.startsWith('phx_') ? 'personal_api_key' : undefined;
}

/** The event as a text inside of its message (PostHog, rust/capture/src/sinks/kafka.rs). */
function producedBytes(event: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(event))) + 500;
}

function readBatch({ body, headers }: FakeRequest): Batch | undefined {
  const inflated = inflate(body, headers['content-encoding']);
  if ('refused' in inflated) return undefined;
  const { text: written, wellFormed } = decodeText(inflated.bytes);
  const parsed = wellFormed ? parseJson(written) : { invalid: 'not UTF-8' };
  if (!('value' in parsed) || !isObject(parsed.value)) return undefined;
  const { api_key: apiKey, batch, historical_migration: historical } = parsed.value;
  if (!Array.isArray(batch) || (historical !== undefined && typeof historical !== 'boolean')) return undefined;
  return { apiKey, events: batch as readonly unknown[], text: written, hasSentAt: 'sent_at' in parsed.value };
}
