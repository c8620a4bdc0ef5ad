import { baseUrlOf } from '@currents/connector';
import type { BodyPiece, HttpRequest, SendContext } from '@currents/connector';
import { maxKeyCharacters } from './settings.js';
import type { Credentials, Settings } from './settings.js';

/** Amplitude, HTTP V2 and Batch Event Upload references. Only the hosts of a key's region know it. */
export const hosts = {
  us: 'https://api2.amplitude.com',
  eu: 'https://api.eu.amplitude.com',
} as const satisfies Record<Settings['region'], string>;

const paths = { batch: '/batch', httpapi: '/2/httpapi' } as const satisfies Record<Settings['endpoint'], string>;

/**
 * One request with these events, given as JSON separated by commas. It has no upload time, because Amplitude would shift
 * the events of a late retry by the difference (HTTP V2 reference, client_upload_time).
 */
export function uploadRequest(
  events: readonly BodyPiece[],
  { settings, credentials }: SendContext<Settings, Credentials>,
): HttpRequest {
  return {
    method: 'POST',
    url: baseUrlOf(settings, hosts[settings.region]) + paths[settings.endpoint],
    headers: { 'content-type': 'application/json', accept: '*/*' },
    body: wrap(events, credentials.apiKey, settings.minIdLength),
    gzip: settings.gzip,
  };
}

/** What no detail may contain. */
export function secretsOf({ apiKey, secretKey }: Credentials): readonly string[] {
  return secretKey === undefined ? [apiKey] : [apiKey, secretKey];
}

/** Less than 1 MB on httpapi, 20 MB on batch; HTTP V2 and Batch Event Upload references, limits. */
const maxRequestBytes = { httpapi: 999_999, batch: 20_000_000 } as const satisfies Record<Settings['endpoint'], number>;

export function maxRequestBytesOf({ requestBytes, endpoint }: Settings): number {
  return Math.min(requestBytes, maxRequestBytes[endpoint]);
}

export function maxEventBytesOf(settings: Settings): number {
  return maxRequestBytesOf(settings) - wrapBytesOf(settings);
}

/** Bytes around the events with the longest key possible. */
export function wrapBytesOf(settings: Settings): number {
  return wrap([], 'k'.repeat(maxKeyCharacters), settings.minIdLength).join('').length;
}

/** No key needs escaping; see the credentials. */
function wrap(events: readonly BodyPiece[], apiKey: string, minIdLength: number): readonly BodyPiece[] {
  return [`{"api_key":"${apiKey}","events":[`, ...events, `],"options":{"min_id_length":${minIdLength}}}`];
}
