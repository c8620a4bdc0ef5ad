import {
  baseUrlOf,
  createRedactor,
  isRecord,
  jsonObjectIn,
  listCohorts,
  readJson,
  readMembers,
  readPartnerCohort,
  requestWholeBody,
  toPullFailure,
} from '@currents/connector';
import type {
  CohortPull,
  HttpAnswer,
  HttpRequest,
  OnPage,
  PullContext,
  PullFailure,
  PullStep,
} from '@currents/connector';
import { firstId } from './cohort.js';
import { authorizationOf, projectParameter, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { refusals } from './answers.js';

type Context = PullContext<Settings, Credentials>;

/** Mixpanel, Query API, servers. */
export const queryHosts = {
  us: 'https://mixpanel.com',
  eu: 'https://eu.mixpanel.com',
  in: 'https://in.mixpanel.com',
} as const satisfies Record<Settings['region'], string>;

const hourMs = 3_600_000;
/** One query a minute stays within 60 an hour. */
const rules = { label: 'Mixpanel', refusals, throttledMs: 60_000 };
/** Mixpanel, Query API, engage: profiles per page, when the answer does not say. */
const defaultPageSize = 1000;

/** Mixpanel’s Query API: the list of cohorts, and the profiles of one cohort, page by page. */
export const cohortPull: CohortPull<Settings, Credentials> = {
  description:
    'Needs a service account or the API secret. Every 1,000 members cost one of the 60 queries that Mixpanel allows per hour, so it suits cohorts of up to about 50,000 members.',
  // Mixpanel, Query API, rate limits.
  limits: { maxConcurrentSteps: 5, budgets: [{ unit: 'steps', limit: 60, periodMs: hourMs }] },

  async list(to) {
    return (
      missingAccess(to) ??
      listCohorts({
        http: to.http,
        request: queryRequest('cohorts/list', undefined, to),
        entriesIn: readJson,
        read: readCohort,
        failure: (answer) => failureOf(answer, to),
      })
    );
  },

  async pull(cohortId, cursor, to, onPage) {
    const missing = missingAccess(to);
    if (missing !== undefined) return missing;
    return pullPage(cohortId, cursor === undefined ? undefined : (JSON.parse(cursor) as NextPage), to, onPage);
  },
};

function missingAccess({ credentials }: Context): PullFailure | undefined {
  if (credentials.kind !== 'projectToken') return undefined;
  const detail = 'a project token only lets events in; cohorts need a service account or the API secret';
  return { outcome: 'failed', code: 'service_account_needed', detail, recovery: 'manual' };
}

function readCohort(entry: unknown): ReturnType<typeof readPartnerCohort> {
  if (!isRecord(entry)) return [];
  const { id, name, description, count, created } = entry;
  return readPartnerCohort({ id, name, description, size: count }, { createdAtMs: readInstant(created) });
}

/** `2019-03-19 23:49:51`; the reference does not name the time zone, so it is read as UTC. */
function readInstant(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(`${value.trim().replace(' ', 'T')}Z`) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The page to request next, in the snapshot that a session stands for. */
interface NextPage {
  readonly session: string;
  readonly page: number;
}

async function pullPage(cohortId: string, at: NextPage | undefined, to: Context, onPage: OnPage): Promise<PullStep> {
  const answer = await requestWholeBody(to.http, queryRequest('engage', formOf(cohortId, at), to));
  const body = jsonObjectIn(answer, 200);
  if (!Array.isArray(body?.['results'])) return pageFailure(at, answer, to);
  const results = body['results'] as readonly unknown[];
  const { total, page_size: size } = body;
  await onPage({ ...readMembers(results, idOf), ...(typeof total === 'number' && { total }) });

  if (results.length < (typeof size === 'number' && size > 0 ? size : defaultPageSize)) return { outcome: 'complete' };
  const session = body['session_id'] ?? at?.session;
  if (typeof session !== 'string') {
    const detail = 'a full page came without the session_id that the next request needs';
    return { outcome: 'failed', code: 'unreadable_answer', detail, recovery: 'automatic' };
  }
  const next: NextPage = { session, page: (at?.page ?? 0) + 1 };
  return { outcome: 'continue', cursor: JSON.stringify(next), afterMs: 0 };
}

/** Includes users without a profile; Mixpanel, Query API, engage. */
function formOf(cohortId: string, at: NextPage | undefined): URLSearchParams {
  const id = /^\d{1,15}$/.test(cohortId) ? Number(cohortId) : cohortId;
  return new URLSearchParams({
    filter_by_cohort: JSON.stringify({ id }),
    include_all_users: 'true',
    output_properties: JSON.stringify(['$braze_external_id']),
    ...(at && { session_id: at.session, page: String(at.page) }),
  });
}

/** As for pushed members: the user's id at the messaging platform if the profile has one, otherwise the distinct id. */
function idOf(profile: unknown): unknown {
  if (!isRecord(profile)) return undefined;
  const properties = isRecord(profile['$properties']) ? profile['$properties'] : {};
  return firstId(properties['$braze_external_id'], profile['$distinct_id']);
}

function queryRequest(
  path: string,
  form: URLSearchParams | undefined,
  { settings, credentials }: Context,
): HttpRequest {
  const parameter = projectParameter(credentials);
  return {
    method: 'POST',
    url: `${baseUrlOf(settings, queryHosts[settings.region])}/api/query/${path}${parameter && `?${parameter}`}`,
    headers: {
      authorization: authorizationOf(credentials),
      accept: 'application/json',
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form && { body: form.toString() }),
  };
}

function pageFailure(at: NextPage | undefined, answer: HttpAnswer, to: Context): PullFailure {
  const failure = failureOf(answer, to);
  if (answer.status !== 400) return failure;
  // Mixpanel no longer knows the session's snapshot, or the cohort.
  if (at !== undefined)
    return { outcome: 'failed', code: 'session_lost', detail: failure.detail, recovery: 'automatic' };
  const isGone =
    'body' in answer && /cohort.*(not found|not exist|unknown|deleted)|(unknown|no such) cohort/i.test(answer.body);
  const detail = 'Mixpanel does not have this cohort';
  return isGone ? { outcome: 'failed', code: 'no_such_cohort', detail, recovery: 'none' } : failure;
}

function failureOf(answer: HttpAnswer, { credentials }: Context): PullFailure {
  return toPullFailure(answer, rules, createRedactor(secretsOf(credentials)));
}
