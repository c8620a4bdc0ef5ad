import {
  baseUrlOf,
  basicAuthorization,
  createRedactor,
  isRecord,
  jsonObjectIn,
  listCohorts,
  readJsonObject,
  readPartnerCohort,
  toPullFailure,
} from '@currents/connector';
import type {
  AnswerRules,
  CohortPull,
  HttpAnswer,
  HttpRequest,
  OnPage,
  PullContext,
  PullFailure,
  PullStep,
} from '@currents/connector';
import { readFile } from './cohortFile.js';
import { secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';

type Context = PullContext<Settings, Credentials>;

/** Amplitude, Behavioral Cohorts API, endpoints. */
export const cohortHosts = {
  us: 'https://amplitude.com',
  eu: 'https://analytics.eu.amplitude.com',
} as const satisfies Record<Settings['region'], string>;

const minuteMs = 60_000;
const monthMs = 30 * 24 * 60 * minuteMs;

/** The reference documents no state of failure, so a longer job counts as failed. */
const maxJobMs = 60 * minuteMs;
const minWaitMs = 1_000;
const maxWaitMs = minuteMs;

const keysRefused = { code: 'credentials_refused', advice: 'check the API key, the secret key and the region' };
const notFound = { code: 'not_found', advice: 'check the region and the base URL' };

const rules: Omit<AnswerRules, 'isSuccess'> = {
  label: 'Amplitude',
  // The reference does not say how 401 and 403 differ; 403 has been observed for wrong keys.
  refusals: { 401: keysRefused, 403: keysRefused, 404: notFound, 405: notFound },
  explanationIn: ({ error }) => (isRecord(error) && isRecord(error['metadata']) ? error['metadata']['details'] : error),
};

/** Amplitude’s Behavioral Cohorts API: starts a job that makes a file, polls the job until the file is ready, and reads it. */
export const cohortPull: CohortPull<Settings, Credentials> = {
  description:
    'Needs the API key and the secret key. Amplitude makes 500 files a month for all cohorts together, of cohorts of up to 2,000,000 members: suitable for daily pulls, not for hourly ones.',
  // Amplitude, Behavioral Cohorts API, limits.
  limits: {
    maxConcurrentSteps: 4,
    budgets: [
      { unit: 'pulls', limit: 60, periodMs: 10 * minuteMs },
      { unit: 'pulls', limit: 500, periodMs: monthMs },
    ],
    maxMembers: 2_000_000,
  },

  async list(to) {
    return (
      missingAccess(to) ??
      listCohorts({
        http: to.http,
        request: requestTo('/api/3/cohorts', to),
        entriesIn: (body) => readJsonObject(body)?.['cohorts'],
        read: readCohort,
        failure: (answer) => failureOf(answer, to),
      })
    );
  },

  async pull(cohortId, cursor, to, onPage) {
    const missing = missingAccess(to);
    if (missing !== undefined) return missing;
    if (cursor === undefined) return startJob(cohortId, to);
    const job = JSON.parse(cursor) as Job;
    return job.isReady ? fetchFile(job, to, onPage) : pollJob(job, to);
  },
};

function missingAccess({ credentials }: Context): PullFailure | undefined {
  if (credentials.secretKey !== undefined) return undefined;
  const detail = 'cohorts need the secret key of the project';
  return { outcome: 'failed', code: 'no_secret_key', detail, recovery: 'manual' };
}

function readCohort(entry: unknown): ReturnType<typeof readPartnerCohort> {
  if (!isRecord(entry) || entry['archived'] === true) return [];
  const { id, name, description, size, createdAt, lastComputed } = entry;
  return readPartnerCohort(
    { id, name, description, size },
    { createdAtMs: toMs(createdAt), computedAtMs: toMs(lastComputed) },
  );
}

function toMs(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}

/** The job that makes a cohort's file. */
interface Job {
  readonly request: string;
  readonly waitedMs: number;
  readonly isReady?: true;
}

async function startJob(cohortId: string, to: Context): Promise<PullStep> {
  const answer = await to.http.request(requestTo(`/api/5/cohorts/request/${encodeURIComponent(cohortId)}`, to));
  const id = fieldOf(answer, 'request_id');
  if (id !== undefined) return waitFor({ request: id, waitedMs: 0 });
  const isGone =
    answer.status === 404 ||
    (answer.status === 400 &&
      'body' in answer &&
      /cohort.*(not found|not exist|invalid|deleted|archived)|(unknown|invalid) cohort/i.test(answer.body));
  const detail = 'Amplitude does not have this cohort';
  return isGone ? { outcome: 'failed', code: 'no_such_cohort', detail, recovery: 'none' } : failureOf(answer, to);
}

async function pollJob(job: Job, to: Context): Promise<PullStep> {
  const path = `/api/5/cohorts/request-status/${encodeURIComponent(job.request)}`;
  const answer = await to.http.request(requestTo(path, to));
  const status = fieldOf(answer, 'async_status');
  if (status === undefined) return jobFailure(answer, to);
  if (/complete/i.test(status)) return continueWith({ ...job, isReady: true }, 0);
  if (/fail|error|cancel/i.test(status)) {
    const detail = 'Amplitude could not make the file';
    return { outcome: 'failed', code: 'job_failed', detail, recovery: 'automatic' };
  }
  if (job.waitedMs < maxJobMs) return waitFor(job);
  const detail = `the file was not ready after ${maxJobMs / minuteMs} minutes`;
  return { outcome: 'failed', code: 'job_too_long', detail, recovery: 'automatic' };
}

/** Waits as long again as so far: a small cohort is ready in seconds, a large one in minutes. */
function waitFor(job: Job): PullStep {
  const afterMs = Math.min(Math.max(job.waitedMs, minWaitMs), maxWaitMs);
  return continueWith({ ...job, waitedMs: job.waitedMs + afterMs }, afterMs);
}

function continueWith(job: Job, afterMs: number): PullStep {
  return { outcome: 'continue', cursor: JSON.stringify(job), afterMs };
}

async function fetchFile(job: Job, to: Context, onPage: OnPage): Promise<PullStep> {
  const request = requestTo(`/api/5/cohorts/request/${encodeURIComponent(job.request)}/file`, to);
  return readFile(request, to.http, onPage, (answer) => jobFailure(answer, to));
}

/** A file is kept for seven days (Amplitude, Behavioral Cohorts API, file); after that a new job has to be started. */
function jobFailure(answer: HttpAnswer, to: Context): PullFailure {
  const failure = failureOf(answer, to);
  const isLost = answer.status === 400 || answer.status === 404 || answer.status === 410;
  return isLost ? { outcome: 'failed', code: 'job_lost', detail: failure.detail, recovery: 'automatic' } : failure;
}

function requestTo(path: string, { settings, credentials }: Context): HttpRequest {
  return {
    method: 'GET',
    url: baseUrlOf(settings, cohortHosts[settings.region]) + path,
    headers: { authorization: authorizationOf(credentials), accept: '*/*' },
  };
}

function authorizationOf({ apiKey, secretKey = '' }: Credentials): string {
  return basicAuthorization(apiKey, secretKey);
}

/** A text in the body of a 200 or 202. */
function fieldOf(answer: HttpAnswer, field: string): string | undefined {
  const value = jsonObjectIn(answer, 200, 202)?.[field];
  return typeof value === 'string' ? value : undefined;
}

function failureOf(answer: HttpAnswer, { credentials }: Context): PullFailure {
  const header = authorizationOf(credentials).slice('Basic '.length);
  return toPullFailure(answer, rules, createRedactor([...secretsOf(credentials), header]));
}
