import { baseUrlOf, basicAuthorization, type HttpRequest, type SendContext } from '@currents/connector';
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
    headers: {
      authorization: authorizationOf(credentials),
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body,
    gzip: settings.gzip,
  };
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
