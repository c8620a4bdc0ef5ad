import { baseUrlOf, basicAuthorization, type HttpRequest, type Item, type SendContext } from '@currents/connector';
import type { ProfileUpdate } from './profileUpdate.js';
import type { Credentials, Settings } from './settings.js';

/** Mixpanel, Ingestion API, servers. Only the hosts of a project's region know it. */
export const hosts = {
  us: 'https://api.mixpanel.com',
  eu: 'https://api-eu.mixpanel.com',
  in: 'https://api-in.mixpanel.com',
} as const satisfies Record<Settings['region'], string>;

/** One call of `/import` in strict mode, the only one that reports which events were refused. */
export function importRequest(
  body: HttpRequest['body'] & {},
  { settings, credentials }: SendContext<Settings, Credentials>,
): HttpRequest {
  const parameter = projectParameter(credentials);
  return {
    method: 'POST',
    url: `${baseUrlOf(settings, hosts[settings.region])}/import?strict=1${parameter && `&${parameter}`}`,
    headers: headersOf(credentials),
    body,
    gzip: settings.gzip,
  };
}

/**
 * One call of `/engage` with updates of profiles. It says nothing of refused ones unless it is asked, and takes no compressed
 * requests; without `ip=0` it would locate every user at the hub (Mixpanel, Set Property reference). The header is not
 * required there.
 */
export function profileRequest(
  items: readonly Item<ProfileUpdate>[],
  token: string,
  { settings, credentials }: SendContext<Settings, Credentials>,
): HttpRequest {
  const start = `{"$token":${JSON.stringify(token)},`;
  return {
    method: 'POST',
    url: `${baseUrlOf(settings, hosts[settings.region])}/engage?ip=0&strict=1&verbose=1`,
    headers: headersOf(credentials),
    body: `[${items.map(({ json }) => start + json.slice(1)).join(',')}]`,
    gzip: false,
  };
}

function headersOf(credentials: Credentials): Readonly<Record<string, string>> {
  return {
    authorization: authorizationOf(credentials),
    'content-type': 'application/json',
    accept: 'application/json',
  };
}

/** The token that updates of profiles are sent with; only the credentials of that kind have it. */
export function tokenOf(credentials: Credentials): string | undefined {
  return credentials.kind === 'projectToken' ? credentials.token : undefined;
}

/** A service account needs the project id; a token or an API secret belongs to one project. */
export function projectParameter(credentials: Credentials): string {
  return credentials.kind === 'serviceAccount' ? `project_id=${credentials.projectId}` : '';
}

/** What no detail may contain: the keys, and the header made from them. */
export function secretsOf(credentials: Credentials): readonly string[] {
  const header = authorizationOf(credentials).slice('Basic '.length);
  return [...pairOf(credentials), header].filter((secret) => secret !== '');
}

export function authorizationOf(credentials: Credentials): string {
  return basicAuthorization(...pairOf(credentials));
}

/** User and password of HTTP Basic; Mixpanel, Import Events reference, Authentication. */
function pairOf(credentials: Credentials): readonly [user: string, password: string] {
  switch (credentials.kind) {
    case 'projectToken':
      return [credentials.token, ''];
    case 'serviceAccount':
      return [credentials.username, credentials.secret];
    case 'apiSecret':
      return [credentials.apiSecret, ''];
  }
}
