import type { BodyPiece, HttpRequest, SendContext } from '@currents/connector';
import { MOST_KEY_CHARACTERS } from './settings.js';
import type { Credentials, Settings } from './settings.js';

/** Amplitude, HTTP V2 and Batch Event Upload references. A key belongs to a region, and other hosts do not know it. */
const hosts = {
  us: 'https://api2.amplitude.com',
  eu: 'https://api.eu.amplitude.com',
} as const satisfies Record<Settings['region'], string>;

const paths = { batch: '/batch', httpapi: '/2/httpapi' } as const satisfies Record<Settings['endpoint'], string>;

/**
 * One call with these events, as JSON with commas between. It says nothing of when it was made: Amplitude would move
 * the events of a late repetition by the difference (HTTP V2 reference, client_upload_time).
 */
export function uploadRequest(
  events: readonly BodyPiece[],
  { settings, credentials }: SendContext<Settings, Credentials>,
): HttpRequest {
  return {
    method: 'POST',
    url: hostOf(settings, hosts[settings.region]) + paths[settings.endpoint],
    headers: { 'content-type': 'application/json', accept: '*/*' },
    body: wrap(events, credentials.apiKey, settings.minIdLength),
    gzip: settings.gzip,
  };
}

/** Where to ask: the partner's host, unless the settings name another. Without a slash at the end. */
export function hostOf(settings: Settings, host: string): string {
  return settings.baseUrl?.replace(/\/+$/, '') ?? host;
}

/** What no detail may repeat. */
export function secretsOf({ apiKey, secretKey }: Credentials): readonly string[] {
  return secretKey === undefined ? [apiKey] : [apiKey, secretKey];
}

/** Bytes round the events with the longest key there may be. */
export function wrapBytesOf(settings: Settings): number {
  return wrap([], 'k'.repeat(MOST_KEY_CHARACTERS), settings.minIdLength).join('').length;
}

/** No key needs escaping; see the credentials. */
function wrap(events: readonly BodyPiece[], apiKey: string, minIdLength: number): readonly BodyPiece[] {
  return [`{"api_key":"${apiKey}","events":[`, ...events, `],"options":{"min_id_length":${minIdLength}}}`];
}
