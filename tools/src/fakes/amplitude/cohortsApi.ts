import type { VirtualClock } from '../clock.js';
import { decided, empty, json, text, type Answer, type Decision, type FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import type { AmplitudeProfile } from './profile.js';
import type { ProjectState } from './project.js';

/** A cohort of an Amplitude project. */
export interface AmplitudeCohort {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly archived?: boolean;
  readonly members: readonly string[];
}

// Amplitude, Behavioral Cohorts API, limits: files per month, requests in ten minutes, concurrent requests.
const maxPerMonth = 500;
const maxPerTenMinutes = 60;
const maxTogether = 4;
const tenMinutesSeconds = 600;
const monthSeconds = 30 * 86_400;
const linkMs = 60_000;

interface Job {
  readonly id: string;
  readonly state: ProjectState;
  readonly cohort: AmplitudeCohort;
  asked: number;
}

/** Amplitude's Behavioral Cohorts API and its file storage. The shape of errors is assumed. */
export function createCohortsApi(
  clock: VirtualClock,
  profile: () => AmplitudeProfile,
  projects: () => readonly ProjectState[],
): (request: FakeRequest) => Decision | undefined {
  const jobs = new Map<string, Job>();
  const links = new Map<string, { readonly job: Job; readonly untilMs: number }>();

  function answerTo(request: FakeRequest): Answer | undefined {
    const [, root, version, ...rest] = request.path.split('/');
    if (root === '_s3') return fileAt(version ?? '', request);
    if (root !== 'api' || rest[0] !== 'cohorts') return undefined;
    if (request.method !== 'GET') return empty(405);
    const state = accountOf(request, projects());
    if (state === undefined) return refusal(403, 'Invalid API/Secret Key combination');
    const [, what, id, part] = rest.map(decodeURIComponent);
    if (version === '3' && what === undefined) return json(200, { cohorts: [...state.cohorts.values()].map(shown) });
    if (version !== '5' || id === undefined) return empty(404);
    if (what === 'request-status') return statusOf(jobs.get(id), state);
    if (what !== 'request') return empty(404);
    return part === 'file' ? fileOf(jobs.get(id), state, request) : order(id, state);
  }

  function order(cohortId: string, state: ProjectState): Answer {
    const together = [...jobs.values()].filter((job) => job.state === state && !isReady(job)).length;
    const isOver =
      !fits(state.downloads, clock.now(), monthSeconds, state.limits.cohortFiles ?? maxPerMonth) ||
      !fits(state.orders, clock.now(), tenMinutesSeconds, maxPerTenMinutes);
    if (isOver || together >= maxTogether) return refusal(429, 'Too many requests');
    const cohort = state.cohorts.get(cohortId);
    if (cohort === undefined) return refusal(404, 'Cohort not found');
    countAt(state.downloads, clock.now());
    countAt(state.orders, clock.now());
    const id = `job${jobs.size + 1}`;
    jobs.set(id, { id, state, cohort, asked: 0 });
    return json(202, { request_id: id, cohort_id: cohortId });
  }

  function statusOf(job: Job | undefined, state: ProjectState): Answer {
    if (job === undefined || job.state !== state) return refusal(404, 'Request not found');
    const ready = isReady(job);
    job.asked++;
    const status = ready ? 'JOB COMPLETED' : 'JOB INPROGRESS';
    return json(ready ? 200 : 202, { request_id: job.id, cohort_id: job.cohort.id, async_status: status });
  }

  function isReady(job: Job): boolean {
    return job.asked >= profile().cohortPolls;
  }

  function fileOf(job: Job | undefined, state: ProjectState, request: FakeRequest): Answer {
    if (job === undefined || job.state !== state || !isReady(job)) return refusal(404, 'Request not found');
    if (profile().cohortFile === 'inline') return csvOf(job.cohort, profile());
    const token = `${job.id}-${links.size + 1}`;
    links.set(token, { job, untilMs: clock.now() + linkMs });
    const location = `http://${request.headers.host}/_s3/${token}?X-Amz-Signature=${token}`;
    return { ...empty(302), headers: { location } };
  }

  /** S3 refuses a request with two kinds of authentication. */
  function fileAt(token: string, request: FakeRequest): Answer {
    if (request.headers.authorization !== undefined) return text(400, '<Error><Code>InvalidArgument</Code></Error>');
    const link = links.get(token);
    if (link === undefined || clock.now() > link.untilMs || request.query.get('X-Amz-Signature') !== token) {
      return text(403, '<Error><Code>AccessDenied</Code></Error>');
    }
    return csvOf(link.job.cohort, profile());
  }

  return (request) => {
    const answer = answerTo(request);
    return answer && decided(request, answer, `cohorts ${answer.status}`);
  };
}

function accountOf({ headers, listener }: FakeRequest, projects: readonly ProjectState[]): ProjectState | undefined {
  return projects.find(({ project, region }) => {
    const pair = Buffer.from(`${project.apiKey}:${project.secretKey ?? ''}`).toString('base64');
    return project.secretKey !== undefined && region === listener && headers.authorization === `Basic ${pair}`;
  });
}

function shown({ id, name, description = '', archived = false, members }: AmplitudeCohort) {
  return {
    appId: 1,
    archived,
    definition: { version: 1 },
    description,
    finished: true,
    id,
    name,
    owners: ['owner@example.com'],
    viewers: [],
    published: true,
    size: members.length,
    type: 'redshift',
    lastMod: 1_700_000_000,
    createdAt: 1_600_000_000,
    lastComputed: 1_700_000_000,
    hidden: false,
    metadata: null,
    view_count: 0,
    popularity: 0,
    is_predictive: false,
    is_official_content: false,
    shortcut_ids: [],
  };
}

/** All members and a row without an id, with commas, quotation marks and newlines in the values. */
function csvOf({ members }: AmplitudeCohort, { cohortNewline }: AmplitudeProfile): Answer {
  const rows = members.map((id, index) => `${900_000 + index},${quoted(id)},"Paris, ""France"""`);
  rows.splice(Math.min(1, rows.length), 0, '899999,,');
  const newline = cohortNewline === 'crlf' ? '\r\n' : '\n';
  return { status: 200, contentType: 'text/csv', body: ['amplitude_id,user_id,city', ...rows, ''].join(newline) };
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function refusal(status: number, details: string): Answer {
  return json(status, { error: { http_code: status, type: 'unspecified', metadata: { details } } });
}
