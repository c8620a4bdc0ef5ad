import type { ProjectState } from './project.js';

export type Access =
  | { readonly kind: 'granted'; readonly state: ProjectState }
  /** The credentials are good, at another residency. */
  | { readonly kind: 'elsewhere'; readonly state: ProjectState }
  | { readonly kind: 'refused'; readonly reason: string };

/** The user and password of a Basic header; undefined when there is none that can be read. */
export function readBasic(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const match = header === undefined ? null : /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header.trim());
  if (match === null) return undefined;
  const decoded = Buffer.from(match[1] as string, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Whose request this is: the project's token, its secret, or a service account that may write, with the project it names. */
export function authorise(
  header: string | undefined,
  projectId: string | null,
  region: string,
  projects: readonly ProjectState[],
): Access {
  const basic = readBasic(header);
  if (basic === undefined) return refused('no readable Basic credentials');
  const { user, password } = basic;
  const own = projects.find(({ project }) => user !== '' && (project.token === user || project.secret === user));
  if (own !== undefined) {
    if (password !== '') return refused('a project key takes an empty password');
    if (projectId !== null && projectId !== own.project.projectId) return refused('project_id is another project');
    return at(own, region);
  }
  for (const state of projects) {
    const account = state.project.serviceAccounts?.find((known) => known.user === user && known.secret === password);
    if (account === undefined) continue;
    if (projectId === null) return refused('a service account needs project_id');
    if (projectId !== state.project.projectId) continue;
    if (account.role !== 'owner' && account.role !== 'admin') return refused(`role ${account.role} may not import`);
    return at(state, region);
  }
  return refused('unknown credentials');
}

function at(state: ProjectState, region: string): Access {
  return { kind: state.region === region ? 'granted' : 'elsewhere', state };
}

function refused(reason: string): Access {
  return { kind: 'refused', reason };
}
