import type { FakeRequest } from '../exchange.js';
import type { ProjectState } from './project.js';

/** `elsewhere`: the credentials are valid in another region. */
type Access =
  | { readonly kind: 'granted' | 'elsewhere'; readonly state: ProjectState }
  | { readonly kind: 'refused'; readonly reason: string };

/** The user and password of a Basic header; undefined if it is missing or unreadable. */
export function readBasic(header = '') {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header.trim()) ?? [];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** The project of a request, by its token, its secret, or a service account with write access and a project id. */
export function authorise({ headers, query, listener }: FakeRequest, projects: readonly ProjectState[]): Access {
  const at = (state: ProjectState): Access => ({ kind: state.region === listener ? 'granted' : 'elsewhere', state });
  const refused = (reason: string): Access => ({ kind: 'refused', reason });
  const projectId = query.get('project_id');
  const basic = readBasic(headers.authorization);
  if (basic === undefined) return refused('no readable Basic credentials');
  const { user, password } = basic;
  const own = projects.find(({ project }) => user !== '' && (project.token === user || project.secret === user));
  if (own !== undefined) {
    if (password !== '') return refused('a project key takes an empty password');
    if (projectId !== null && projectId !== own.project.projectId) return refused('project_id is another project');
    return at(own);
  }
  for (const state of projects) {
    const account = state.project.serviceAccounts?.find((known) => known.user === user && known.secret === password);
    if (account === undefined) continue;
    if (projectId === null) return refused('a service account needs project_id');
    if (projectId !== state.project.projectId) continue;
    if (account.role !== 'owner' && account.role !== 'admin') return refused(`role ${account.role} may not import`);
    return at(state);
  }
  return refused('unknown credentials');
}
