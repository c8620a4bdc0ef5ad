import type { HttpRequest, SendContext } from '@currents/connector';
import type { Credentials, Settings } from './settings.js';

/** Mixpanel, Ingestion API, servers. A project's data stays in one region, and other hosts do not know it. */
const hosts = {
  us: 'https://api.mixpanel.com',
  eu: 'https://api-eu.mixpanel.com',
  in: 'https://api-in.mixpanel.com',
} as const satisfies Record<Settings['region'], string>;

/** One call of `/import` in strict mode: only there does Mixpanel say which events it refused. */
export function importRequest(
  body: HttpRequest['body'] & {},
  { settings, credentials }: SendContext<Settings, Credentials>,
): HttpRequest {
  const base = settings.baseUrl?.replace(/\/+$/, '') ?? hosts[settings.region];
  // Mixpanel looks a service account up by its project; a token or an API secret names the project itself.
  const project = credentials.kind === 'serviceAccount' ? `&project_id=${credentials.projectId}` : '';
  return {
    method: 'POST',
    url: `${base}/import?strict=1${project}`,
    headers: {
      authorization: `Basic ${basicOf(credentials)}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body,
    gzip: settings.gzip,
  };
}

/** What no detail may repeat: the keys, and the header they make. */
export function secretsOf(credentials: Credentials): readonly string[] {
  const [user, password] = pairOf(credentials);
  return [user, password, basicOf(credentials)].filter((secret) => secret !== '');
}

/** What stands behind `Basic`. */
export function basicOf(credentials: Credentials): string {
  return Buffer.from(pairOf(credentials).join(':')).toString('base64');
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
