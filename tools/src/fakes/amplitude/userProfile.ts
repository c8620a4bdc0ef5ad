import { decided, empty, json, type Decision, type FakeRequest } from '../exchange.js';
import { countAt, fits } from '../rollingCount.js';
import type { ProjectState } from './project.js';

/** A user of the User Profile API. */
export interface UserProfile {
  readonly userId?: string;
  readonly deviceId?: string;
  readonly ampProps?: Readonly<Record<string, unknown>>;
  readonly cohortIds?: readonly string[];
  readonly recommendations?: readonly (Readonly<Record<string, unknown>> & { readonly rec_id: string })[];
  readonly computations?: Readonly<Record<string, unknown>>;
  /** The score and percentile of each prediction. */
  readonly propensities?: Readonly<Record<string, { readonly score: number; readonly pct: number }>>;
}

// Amplitude, User Profile API: calls per minute of one organisation.
const maxCallsPerMinute = 600;

/** Decides `GET /v1/userprofile`. Undocumented statuses are assumed: 400 for an unknown user, 429 for the limit. */
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
  const idsIn = (name: string): readonly string[] | undefined => query.get(name)?.split(',');
  const [recIds, compIds] = [idsIn('rec_id'), idsIn('comp_id')];
  const recommendations = user.recommendations ?? [];
  const all = asked('get_computations');
  // Computations are part of the properties.
  const computations = Object.entries(user.computations ?? {}).filter(([id]) => all || compIds?.includes(id));
  const hasProperties = asked('get_amp_props') || all || compIds !== undefined;
  return {
    recommendations: asked('get_recs')
      ? recommendations.filter(({ rec_id }) => recIds?.includes(rec_id) ?? true)
      : null,
    user_id: user.userId ?? null,
    device_id: user.deviceId ?? null,
    amp_props: hasProperties
      ? { ...(asked('get_amp_props') ? user.ampProps : {}), ...Object.fromEntries(computations) }
      : null,
    cohort_ids: asked('get_cohort_ids') ? (user.cohortIds ?? []) : null,
    ...(asked('get_propensity') ? propensityOf(user, idsIn('prediction_id') ?? [], query) : {}),
  };
}

function propensityOf(user: UserProfile, ids: readonly string[], query: URLSearchParams) {
  const type = query.get('propensity_type') === 'pct' ? 'pct' : 'score';
  const known = ids.map((id) => ({ prop: user.propensities?.[id]?.[type] ?? null, pred_id: id, prop_type: type }));
  return known.length === 1 ? { propensity: known[0]?.prop ?? null } : { propensities: known };
}
