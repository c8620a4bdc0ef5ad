import { isRecord, pullFailure, redact, readId, readMembers, readName, requestWholeBody } from '@currents/connector';
import type {
  CohortList,
  CohortPull,
  HttpAnswer,
  HttpRequest,
  PartnerCohort,
  PullContext,
  PullCursor,
  PullStep,
  PullFailure,
  OnPage,
} from '@currents/connector';
import { basicOf, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';

type Context = PullContext<Settings, Credentials>;

/** Mixpanel, Query API, servers. */
const hosts = {
  us: 'https://mixpanel.com',
  eu: 'https://eu.mixpanel.com',
  in: 'https://in.mixpanel.com',
} as const satisfies Record<Settings['region'], string>;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A page of 1,000 profiles has some 100 KB; the list of cohorts grows with the project. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Mixpanel, Query API, engage: profiles of a page, when the answer does not say. */
const USUAL_PAGE_SIZE = 1000;

/** Mixpanel’s Query API: the list of cohorts, and the profiles of one, page by page. */
export const cohortPull: CohortPull<Settings, Credentials> = {
  description:
    'Needs a service account, or the API secret. Every 1,000 members cost one of the 60 queries that Mixpanel takes an hour, so it suits cohorts of up to some 50,000.',
  // Mixpanel, Query API, rate limits.
  limits: { maxConcurrentSteps: 5, budgets: [{ unit: 'steps', limit: 60, periodMs: HOUR_MS }] },
  list,
  pull,
};

async function list(to: Context): Promise<CohortList> {
  const request = requestTo('cohorts/list', undefined, to);
  if ('outcome' in request) return request;
  const answer = await requestWholeBody(to.http, request, MOST_BYTES);
  const cohorts = answer.status === 200 && 'body' in answer ? parse(answer.body) : undefined;
  if (!Array.isArray(cohorts)) return troubleOf(answer, to);
  return { outcome: 'listed', cohorts: (cohorts as readonly unknown[]).flatMap(readCohort) };
}

function readCohort(entry: unknown): PartnerCohort[] {
  const id = isRecord(entry) ? readId(entry['id']) : { reason: 'no_id' };
  if (!isRecord(entry) || !('id' in id)) return [];
  const name = readName(entry['name']);
  const description = readName(entry['description']);
  const createdAtMs = readInstant(entry['created']);
  const size = entry['count'];
  return [
    {
      id: id.id,
      name: name ?? id.id,
      ...(description !== undefined && { description }),
      ...(createdAtMs !== undefined && { createdAtMs }),
      ...(typeof size === 'number' && { size }),
    },
  ];
}

/** `2019-03-19 23:49:51`; the reference does not say in which zone, so it is taken for UTC. */
function readInstant(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(`${value.trim().replace(' ', 'T')}Z`) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Which page of which snapshot comes next. */
interface Place {
  readonly session: string;
  readonly page: number;
}

async function pull(cohortId: string, place: PullCursor | undefined, to: Context, take: OnPage): Promise<PullStep> {
  const at = place === undefined ? undefined : (JSON.parse(place) as Place);
  const request = requestTo('engage', formOf(cohortId, at), to);
  if ('outcome' in request) return request;
  const answer = await requestWholeBody(to.http, request, MOST_BYTES);
  const body = answer.status === 200 && 'body' in answer ? parse(answer.body) : undefined;
  if (!isRecord(body) || !Array.isArray(body['results'])) return troubleAt(at, answer, to);
  const results = body['results'] as readonly unknown[];
  const total = body['total'];
  await take({ ...readMembers(results, idOf), ...(typeof total === 'number' && { total }) });

  const pageSize = typeof body['page_size'] === 'number' && body['page_size'] > 0 ? body['page_size'] : USUAL_PAGE_SIZE;
  if (results.length < pageSize) return { outcome: 'complete' };
  const session = body['session_id'] ?? at?.session;
  if (typeof session !== 'string') {
    return {
      outcome: 'failed',
      code: 'unreadable_answer',
      detail: 'a full page came without a session_id to ask for the next one with',
      recovery: 'automatic',
    };
  }
  const next: Place = { session, page: (at?.page ?? 0) + 1 };
  return { outcome: 'continue', cursor: JSON.stringify(next), afterMs: 0 };
}

/** Users without a profile are members too; Mixpanel, Query API, engage. */
function formOf(cohortId: string, at: Place | undefined): URLSearchParams {
  const id = /^\d{1,15}$/.test(cohortId) ? Number(cohortId) : cohortId;
  const form = new URLSearchParams({
    filter_by_cohort: JSON.stringify({ id }),
    include_all_users: 'true',
    output_properties: JSON.stringify(['$braze_external_id']),
  });
  if (at !== undefined) {
    form.set('session_id', at.session);
    form.set('page', String(at.page));
  }
  return form;
}

/** As with pushed members: the user's id at the messaging platform, where the profile has one. */
function idOf(profile: unknown): unknown {
  if (!isRecord(profile)) return undefined;
  const properties = isRecord(profile['$properties']) ? profile['$properties'] : {};
  const candidates = [properties['$braze_external_id'], profile['$distinct_id']];
  return candidates.find((id) => id !== undefined && id !== null && id !== '');
}

function requestTo(
  path: string,
  form: URLSearchParams | undefined,
  { settings, credentials }: Context,
): HttpRequest | PullFailure {
  if (credentials.kind === 'projectToken') {
    const detail = 'a project token only lets events in; cohorts need a service account or the API secret';
    return { outcome: 'failed', code: 'service_account_needed', detail, recovery: 'manual' };
  }
  const base = settings.baseUrl?.replace(/\/+$/, '') ?? hosts[settings.region];
  const project = credentials.kind === 'serviceAccount' ? `?project_id=${credentials.projectId}` : '';
  return {
    method: 'POST',
    url: `${base}/api/query/${path}${project}`,
    headers: {
      authorization: `Basic ${basicOf(credentials)}`,
      accept: 'application/json',
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form && { body: form.toString() }),
  };
}

function troubleAt(at: Place | undefined, answer: HttpAnswer, to: Context): PullFailure {
  const trouble = troubleOf(answer, to);
  if (answer.status !== 400) return trouble;
  // The snapshot that the session stands for is gone, or the cohort is.
  if (at !== undefined)
    return { outcome: 'failed', code: 'session_lost', detail: trouble.detail, recovery: 'automatic' };
  const isGone =
    'body' in answer && /cohort.*(not found|not exist|unknown|deleted)|(unknown|no such) cohort/i.test(answer.body);
  return isGone
    ? { outcome: 'failed', code: 'no_such_cohort', detail: 'Mixpanel has no such cohort any more', recovery: 'none' }
    : trouble;
}

/** Mixpanel, Query API, error responses. */
const refusals = {
  401: { code: 'credentials_refused', advice: 'check the credentials, the project id and the region' },
  402: { code: 'payment_required', advice: 'check the plan of the Mixpanel project' },
  403: { code: 'access_refused', advice: 'check the role of the service account' },
  404: { code: 'not_found', advice: 'check the region and the base URL' },
};

function troubleOf(answer: HttpAnswer, { credentials }: Context): PullFailure {
  const body = 'body' in answer ? parse(answer.body) : undefined;
  const error = isRecord(body) && typeof body['error'] === 'string' ? body['error'] : '';
  // One query a minute keeps to the hour's sixty.
  return pullFailure(answer, {
    refusals,
    throttledMs: MINUTE_MS,
    said: redact(error, { secrets: secretsOf(credentials), payloads: [] }),
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
