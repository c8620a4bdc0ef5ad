import { isRecord, pullFailure, redact, readId, readJsonObject, readName, requestWholeBody } from '@currents/connector';
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
import { readFile } from './cohortFile.js';
import { hostOf, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';

type Context = PullContext<Settings, Credentials>;

/** Amplitude, Behavioral Cohorts API, endpoints. */
const hosts = {
  us: 'https://amplitude.com',
  eu: 'https://analytics.eu.amplitude.com',
} as const satisfies Record<Settings['region'], string>;

const MINUTE_MS = 60_000;
const MONTH_MS = 30 * 24 * 60 * MINUTE_MS;
/** Every cohort is listed with its whole definition. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The reference names no state of failure, so a job that takes longer has failed. */
const LONGEST_JOB_MS = 60 * MINUTE_MS;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = MINUTE_MS;

/** Amplitude’s Behavioral Cohorts API: a file is ordered, asked after until it is ready, and read. */
export const cohortPull: CohortPull<Settings, Credentials> = {
  description:
    'Needs the API key and the secret key. Amplitude lets a file be made 500 times a month, all cohorts together, and of cohorts of up to 2,000,000 members: daily is fine, hourly is not.',
  // Amplitude, Behavioral Cohorts API, limits.
  limits: {
    maxConcurrentSteps: 4,
    budgets: [
      { unit: 'pulls', limit: 60, periodMs: 10 * MINUTE_MS },
      { unit: 'pulls', limit: 500, periodMs: MONTH_MS },
    ],
    maxMembers: 2_000_000,
  },
  list,
  pull,
};

async function list(to: Context): Promise<CohortList> {
  const request = requestTo('/api/3/cohorts', to);
  if ('outcome' in request) return request;
  const answer = await requestWholeBody(to.http, request, MOST_BYTES);
  const cohorts = answer.status === 200 ? bodyOf(answer)['cohorts'] : undefined;
  if (!Array.isArray(cohorts)) return troubleOf(answer, to);
  return { outcome: 'listed', cohorts: (cohorts as readonly unknown[]).flatMap(readCohort) };
}

function readCohort(entry: unknown): PartnerCohort[] {
  const id = isRecord(entry) ? readId(entry['id']) : { reason: 'no_id' };
  if (!isRecord(entry) || !('id' in id) || entry['archived'] === true) return [];
  const { name, description, size, createdAt, lastComputed } = entry;
  const told = readName(description);
  return [
    {
      id: id.id,
      name: readName(name) ?? id.id,
      ...(told !== undefined && { description: told }),
      ...(typeof createdAt === 'number' && { createdAtMs: createdAt * 1000 }),
      ...(typeof lastComputed === 'number' && { computedAtMs: lastComputed * 1000 }),
      ...(typeof size === 'number' && { size }),
    },
  ];
}

/** The job that makes the file. */
interface Job {
  readonly request: string;
  readonly waitedMs: number;
  readonly isReady?: true;
}

async function pull(cohortId: string, place: PullCursor | undefined, to: Context, take: OnPage): Promise<PullStep> {
  if (place === undefined) return order(cohortId, to);
  const job = JSON.parse(place) as Job;
  return job.isReady ? fetchFile(job, to, take) : askAfter(job, to);
}

async function order(cohortId: string, to: Context): Promise<PullStep> {
  const request = requestTo(`/api/5/cohorts/request/${encodeURIComponent(cohortId)}`, to);
  if ('outcome' in request) return request;
  const answer = await to.http.request(request);
  const jobId = bodyOf(answer)['request_id'];
  if ((answer.status !== 202 && answer.status !== 200) || typeof jobId !== 'string')
    return goneOr(answer, troubleOf(answer, to));
  return wait({ request: jobId, waitedMs: 0 });
}

async function askAfter(job: Job, to: Context): Promise<PullStep> {
  const request = requestTo(`/api/5/cohorts/request-status/${encodeURIComponent(job.request)}`, to);
  if ('outcome' in request) return request;
  const answer = await to.http.request(request);
  const status = bodyOf(answer)['async_status'];
  if ((answer.status !== 200 && answer.status !== 202) || typeof status !== 'string') return jobTrouble(answer, to);
  if (/complete/i.test(status))
    return { outcome: 'continue', cursor: JSON.stringify({ ...job, isReady: true } satisfies Job), afterMs: 0 };
  if (/fail|error|cancel/i.test(status)) {
    return {
      outcome: 'failed',
      code: 'job_failed',
      detail: 'Amplitude could not make the file',
      recovery: 'automatic',
    };
  }
  if (job.waitedMs < LONGEST_JOB_MS) return wait(job);
  return {
    outcome: 'failed',
    code: 'job_too_long',
    detail: `Amplitude has been making the file for ${LONGEST_JOB_MS / MINUTE_MS} minutes`,
    recovery: 'automatic',
  };
}

/** Once as long as it has taken so far: a small cohort is ready in seconds, a large one in minutes. */
function wait(job: Job): PullStep {
  const afterMs = Math.min(Math.max(job.waitedMs, FIRST_WAIT_MS), LONGEST_WAIT_MS);
  return {
    outcome: 'continue',
    cursor: JSON.stringify({ ...job, waitedMs: job.waitedMs + afterMs } satisfies Job),
    afterMs,
  };
}

async function fetchFile(job: Job, to: Context, take: OnPage): Promise<PullStep> {
  const request = requestTo(`/api/5/cohorts/request/${encodeURIComponent(job.request)}/file`, to);
  if ('outcome' in request) return request;
  return readFile({ request, http: to.http, take, trouble: (answer) => jobTrouble(answer, to) });
}

/** A file is kept for seven days (Amplitude, Behavioral Cohorts API, file); after that another one has to be ordered. */
function jobTrouble(answer: HttpAnswer, to: Context): PullFailure {
  const trouble = troubleOf(answer, to);
  const isLost = answer.status === 400 || answer.status === 404 || answer.status === 410;
  return isLost ? { outcome: 'failed', code: 'job_lost', detail: trouble.detail, recovery: 'automatic' } : trouble;
}

function goneOr(answer: HttpAnswer, trouble: PullFailure): PullFailure {
  const isGone =
    answer.status === 404 ||
    (answer.status === 400 &&
      'body' in answer &&
      /cohort.*(not found|not exist|invalid|deleted|archived)|(unknown|invalid) cohort/i.test(answer.body));
  return isGone
    ? { outcome: 'failed', code: 'no_such_cohort', detail: 'Amplitude has no such cohort any more', recovery: 'none' }
    : trouble;
}

function requestTo(path: string, { settings, credentials }: Context): HttpRequest | PullFailure {
  if (credentials.secretKey === undefined) {
    return {
      outcome: 'failed',
      code: 'no_secret_key',
      detail: 'cohorts need the secret key of the project, too',
      recovery: 'manual',
    };
  }
  return {
    method: 'GET',
    url: hostOf(settings, hosts[settings.region]) + path,
    headers: { authorization: `Basic ${basicOf(credentials)}`, accept: '*/*' },
  };
}

function basicOf({ apiKey, secretKey = '' }: Credentials): string {
  return Buffer.from(`${apiKey}:${secretKey}`).toString('base64');
}

/** Which of 401 and 403 means what is not said; 403 has been seen for keys. */
const refusals = {
  401: { code: 'credentials_refused', advice: 'check the API key, the secret key and the region' },
  403: { code: 'credentials_refused', advice: 'check the API key, the secret key and the region' },
  404: { code: 'not_found', advice: 'check the region and the base URL' },
  405: { code: 'not_found', advice: 'check the region and the base URL' },
};

function troubleOf(answer: HttpAnswer, { credentials }: Context): PullFailure {
  const { error } = bodyOf(answer);
  const details = isRecord(error) && isRecord(error['metadata']) ? error['metadata']['details'] : error;
  const hidden = { secrets: [...secretsOf(credentials), basicOf(credentials)], payloads: [] };
  return pullFailure(answer, { refusals, said: typeof details === 'string' ? redact(details, hidden) : '' });
}

function bodyOf(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  return ('body' in answer ? readJsonObject(answer.body) : undefined) ?? {};
}
