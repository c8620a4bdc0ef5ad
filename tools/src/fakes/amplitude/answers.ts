import { json, type Answer } from '../exchange.js';
import type { AmplitudeProfile } from './profile.js';
import type { Throttled } from './throttle.js';

/** Responses of Amplitude's upload endpoints. Amplitude, HTTP V2 and Batch Event Upload API. */

export function badRequest(error: string, more: Readonly<Record<string, unknown>> = {}): Answer {
  return json(400, { code: 400, error, ...more });
}

export const payloadTooLarge: Answer = json(413, { code: 413, error: 'Payload too large' });
export const forbidden: Answer = json(403, { code: 403, error: 'Forbidden' });
export const unsupportedMediaType: Answer = json(415, { code: 415, error: 'Unsupported Media Type' }); // assumed
export const invalidJson: Answer = badRequest('Invalid JSON request body');

/** Real responses contain the key; the documented text does not. */
export function invalidApiKey(key: string, keyText: AmplitudeProfile['keyText']): Answer {
  if (keyText === '401') return json(401, { code: 401, error: 'Invalid API key' });
  return badRequest(keyText === 'suffix' ? `Invalid API key: ${key}` : 'Invalid API key');
}

export function ingested(events: number, bytes: number, nowMs: number): Answer {
  return json(200, { code: 200, events_ingested: events, payload_size_bytes: bytes, server_upload_time: nowMs });
}

/** A 429 of the whole project, without users or devices. */
export const projectTooFast: Answer = json(429, { code: 429, error: 'Too many requests' });

export function tooFast(
  eps: number,
  throttled: Throttled,
  events: readonly number[],
  emptyMaps: AmplitudeProfile['emptyMaps'],
): Answer {
  const maps = {
    throttled_devices: throttled.devices,
    throttled_users: throttled.users,
    exceeded_daily_quota_users: throttled.dailyUsers,
    exceeded_daily_quota_devices: throttled.dailyDevices,
  };
  const shown = Object.entries(maps).filter(([, map]) => map.size > 0 || emptyMaps === 'empty');
  return json(429, {
    code: 429,
    error: 'Too many requests for some devices and users',
    eps_threshold: eps,
    ...Object.fromEntries(shown.map(([name, map]) => [name, Object.fromEntries(map)])),
    throttled_events: events,
  });
}

export function silencedDevices(eps: number, devices: readonly string[], events: readonly number[]): Answer {
  return badRequest('Events silenced for device_id', {
    eps_threshold: eps,
    exceeded_daily_quota_devices: {},
    silenced_devices: devices,
    silenced_events: events,
    throttled_devices: {},
    throttled_events: [],
  });
}
