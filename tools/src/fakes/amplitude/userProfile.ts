import { decided, empty, json, type Decision, type FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import type { ProjectState } from './project.js';

/** What the User Profile API knows of one user. */
export interface UserProfile {
  readonly userId?: string;
  readonly deviceId?: string;
  readonly ampProps?: Readonly<Record<string, unknown>>;
  readonly cohortIds?: readonly string[];
  readonly recommendations?: readonly (Readonly<Record<string, unknown>> & { readonly rec_id: string })[];
  readonly computations?: Readonly<Record<string, unknown>>;
  /** Per prediction: its score and its percentile. */
  readonly propensities?: Readonly<Record<string, { readonly score: number; readonly pct: number }>>;
}

// Amplitude, User Profile API: calls a minute of one organisation.
const maxCallsPerMinute = 600;

/** Decides `GET /v1/userprofile`. Statuses that the page does not name are assumed: 400 for an unknown user, 429 for the limit. */
export function decideUserProfile(
  request: FakeRequest,
  projects: readonly ProjectState[],
  users: readonly UserProfile[],
  nowMs: number,
): Decision {
  const say = decided.bind(undefined, request);
  if (request.path !== '/v1/userprofile' || request.method !== 'GET') return say(empty(404), 'path');
  const key = /^Api-Key +(\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (key === undefined) return say(json(401, { error: 'Missing Api-Key in Authorization header' }), 'no key');
  const state = projects.find(({ project, region }) => project.secretKey === key && region === 'us');
  if (state === undefined) return say(json(401, { error: 'Invalid Api-Key' }), 'unknown key');

  if (!fits(state.profileCalls, nowMs, 60, maxCallsPerMinute)) {
    const error = 'Number of requests per minute exceeds system limit. Contact Support if you need this limit raised';
    return say(json(429, { error }), 'rate');
  }
  countAt(state.profileCalls, nowMs);
  const [userId, deviceId] = [request.query.get('user_id'), request.query.get('device_id')];
  const user = users.find(
    (known) => (userId !== null && known.userId === userId) || (deviceId !== null && known.deviceId === deviceId),
  );
  if (user === undefined) return say(json(400, { error: 'User id and device id not seen before' }), 'unknown user');
  return say(json(200, { userData: dataOf(user, request.query) }), 'profile');
}

function dataOf(user: UserProfile, query: URLSearchParams): Readonly<Record<string, unknown>> {
  const asked = (name: string): boolean => query.get(name) === 'true';
  const computations = computationsOf(user, asked('get_computations'), idsIn(query, 'comp_id'));
  return {
    recommendations: asked('get_recs') ? recommendationsOf(user, idsIn(query, 'rec_id')) : null,
    user_id: user.userId ?? null,
    device_id: user.deviceId ?? null,
    // Computations come among the properties.
    amp_props:
      asked('get_amp_props') || computations !== undefined
        ? { ...(asked('get_amp_props') ? user.ampProps : {}), ...computations }
        : null,
    cohort_ids: asked('get_cohort_ids') ? (user.cohortIds ?? []) : null,
    ...(asked('get_propensity')
      ? propensityOf(
          user,
          idsIn(query, 'prediction_id') ?? [],
          query.get('propensity_type') === 'pct' ? 'pct' : 'score',
        )
      : {}),
  };
}

function idsIn(query: URLSearchParams, name: string): readonly string[] | undefined {
  return query.get(name)?.split(',');
}

function recommendationsOf(user: UserProfile, ids: readonly string[] | undefined): readonly unknown[] {
  return (user.recommendations ?? []).filter(({ rec_id }) => ids === undefined || ids.includes(rec_id));
}

function computationsOf(
  user: UserProfile,
  all: boolean,
  ids: readonly string[] | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (!all && ids === undefined) return undefined;
  return Object.fromEntries(Object.entries(user.computations ?? {}).filter(([id]) => all || ids?.includes(id)));
}

function propensityOf(
  user: UserProfile,
  ids: readonly string[],
  type: 'score' | 'pct',
): Readonly<Record<string, unknown>> {
  const known = ids.map((id) => ({ id, value: user.propensities?.[id]?.[type] ?? null }));
  if (known.length === 1) return { propensity: known[0]?.value ?? null };
  return { propensities: known.map(({ id, value }) => ({ prop: value, pred_id: id, prop_type: type })) };
}
