import type { VirtualClock } from '../clock.js';
import { decided, json, type Answer, type Decision, type FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import { decodeText, isObject, parseJson } from '../strictJson.js';
import { readBasic } from './authorise.js';
import type { MixpanelProfile } from './profile.js';
import type { ProjectState } from './project.js';

/** A cohort of a Mixpanel project. */
export interface QueryCohort {
  readonly id: number;
  readonly name: string;
  readonly description?: string;
  /** `2019-03-19 23:49:51` */
  readonly created?: string;
  readonly members: readonly { readonly distinctId: string; readonly properties?: Readonly<Record<string, unknown>> }[];
}

// Mixpanel, Query API, rate limits: calls per hour, and concurrent calls.
const maxCallsPerHour = 60;
const maxTogether = 5;
const hourSeconds = 3_600;

/** The part of Mixpanel's Query API for cohorts. Error texts, and the status for an unknown cohort, are assumed. */
export function createQueryApi(
  clock: VirtualClock,
  profile: () => MixpanelProfile,
  projects: () => readonly ProjectState[],
) {
  const sessions = new Map<string, { readonly state: ProjectState; readonly members: QueryCohort['members'] }>();
  const underWay = new Map<number, ProjectState>();

  function decide(request: FakeRequest): Decision {
    const answer = answerTo(request);
    return decided(request, answer, answer.status === 200 ? 'query' : 'query refused');
  }

  function answerTo(request: FakeRequest): Answer {
    if (request.method !== 'POST') return refusal(405, 'method not allowed');
    const state = accountOf(request, projects());
    if (typeof state === 'string')
      return state === 'no project' ? refusal(400, 'project_id is required') : refusal(401, 'Invalid credentials');
    const together = [...underWay.values()].filter((other) => other === state).length;
    if (!fits(state.queries, clock.now(), hourSeconds, maxCallsPerHour) || together >= maxTogether) {
      return refusal(429, 'query rate limit exceeded');
    }
    countAt(state.queries, clock.now());
    underWay.set(request.seq, state);
    if (request.path === '/api/query/cohorts/list')
      return json(
        200,
        Array.from(state.cohorts.values(), (cohort) => shown(cohort, state)),
      );
    if (request.path === '/api/query/engage') return engage(request, state);
    return refusal(404, 'not found');
  }

  function engage(request: FakeRequest, state: ProjectState): Answer {
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? ''))
      return refusal(400, 'form body required');
    const form = new URLSearchParams(decodeText(request.body).text);
    const page = Number(form.get('page') ?? 0);
    if (!Number.isInteger(page) || page < 0) return refusal(400, 'page is invalid');
    const sessionId = form.get('session_id');
    if (page > 0 && sessionId === null) return refusal(400, 'session_id required');
    const id = sessionId ?? open(form, state, request.seq);
    if (id === undefined) return refusal(400, 'cohort not found');
    const snapshot = sessions.get(id);
    if (snapshot === undefined || snapshot.state !== state) return refusal(400, 'session_id is invalid');
    const pageSize = profile().queryPageSize;
    const results = snapshot.members.slice(page * pageSize, (page + 1) * pageSize);
    return json(200, {
      page,
      page_size: pageSize,
      session_id: id,
      status: 'ok',
      total: snapshot.members.length,
      results: results.map((member) => ({
        $distinct_id: member.distinctId,
        $properties: outputOf(member.properties ?? {}, form),
      })),
    });
  }

  /** A request without a session gets a new one with the current members. */
  function open(form: URLSearchParams, state: ProjectState, seq: number): string | undefined {
    const filter = parseJson(form.get('filter_by_cohort') ?? '');
    const cohort =
      'value' in filter && isObject(filter.value) ? state.cohorts.get(Number(filter.value['id'])) : undefined;
    if (cohort === undefined) return undefined;
    const id = `${Math.floor(clock.now() / 1000)}-${seq}`;
    sessions.set(id, { state, members: cohort.members });
    return id;
  }

  return {
    decide,
    /** Called when the response has been sent. */
    left: (seq: number) => void underWay.delete(seq),
  };
}

/** Accepts service accounts of any role with their project, and the project's secret; a token is valid only for ingestion. */
function accountOf(request: FakeRequest, projects: readonly ProjectState[]): ProjectState | 'no project' | 'refused' {
  const basic = readBasic(request.headers.authorization);
  if (basic === undefined) return 'refused';
  const here = projects.filter(({ region }) => region === request.listener);
  const own = here.find(
    ({ project }) => project.secret !== undefined && project.secret === basic.user && basic.password === '',
  );
  if (own !== undefined) return own;
  const reachable = here.filter(({ project }) =>
    project.serviceAccounts?.some(({ user, secret }) => user === basic.user && secret === basic.password),
  );
  if (reachable.length === 0) return 'refused';
  const projectId = request.query.get('project_id');
  if (projectId === null) return 'no project';
  return reachable.find(({ project }) => project.projectId === projectId) ?? 'refused';
}

function shown(cohort: QueryCohort, { project }: ProjectState) {
  const { id, name, description = '', created = '2019-03-19 23:49:51', members } = cohort;
  const project_id = Number(project.projectId);
  return { count: members.length, is_visible: 1, description, created, project_id, id, name };
}

function outputOf(properties: Readonly<Record<string, unknown>>, form: URLSearchParams) {
  const wanted = parseJson(form.get('output_properties') ?? 'null');
  if (!('value' in wanted) || !Array.isArray(wanted.value)) return properties;
  const names: readonly unknown[] = wanted.value;
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}

function refusal(status: number, error: string): Answer {
  return json(status, { error, status: 'error' });
}
