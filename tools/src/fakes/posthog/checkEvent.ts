import { isObject } from '../strictJson.js';
import type { PostHogProfile } from './profile.js';

/** What becomes of one event of a batch. `refused`: the whole request is. `dropped`: it vanishes behind a 200. */
export type Finding =
  | { readonly refused: string }
  | { readonly dropped: string }
  | {
      readonly distinctId: string;
      readonly uuid: string;
      readonly timestamp: string;
      readonly warnings: readonly string[];
    };

const keys = new Set(['event', 'distinct_id', 'uuid', 'timestamp', 'properties', '$set', '$set_once']);
const uuidForm = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const isoForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;
/** PostHog, person-merge-service.ts, and rust/capture/src/v1/analytics/constants.rs. */
const illegal = new Set(
  [
    ...['anonymous', 'guest', 'distinctid', 'distinct_id', 'id', 'not_authenticated', 'email', 'undefined', 'true'],
    ...['false', '[object object]', 'nan', 'none', 'null', '0', 'anonymous-user', 'backend', 'system', 'user'],
    '00000000-0000-0000-0000-000000000000',
  ].flatMap((word) => [word, `'${word}'`, `"${word}"`]),
);
/** Names with a meaning of their own, or that go elsewhere. */
const specialNames = new Set(['$performance_event', '$exception', '$$heatmap', '$$client_ingestion_warning']);
const aheadMs = 23 * 3_600_000;
const maxIdCharacters = 200;

export function checkEvent(event: unknown, profile: PostHogProfile, nowMs: number): Finding {
  if (!isObject(event)) return { refused: 'data did not match any variant' };
  const warnings = Object.keys(event)
    .filter((key) => !keys.has(key))
    .map((key) => `unknownKey:${key}`);
  const { event: name, properties = {}, uuid, timestamp } = event;
  if (typeof name !== 'string' || name === '') return { refused: 'event submitted with an empty event name' };
  if (!isObject(properties)) return { refused: 'invalid type for properties' };
  if (name.startsWith('$') || specialNames.has(name)) warnings.push('specialName');
  const cookieless = properties['$cookieless_mode'];
  if (cookieless !== undefined && typeof cookieless !== 'boolean') return { refused: 'invalid $cookieless_mode' };
  const profiled = properties['$process_person_profile'];
  if (profiled !== undefined && typeof profiled !== 'boolean') warnings.push('invalid_process_person_profile');
  if (properties['$geoip_disable'] !== true) warnings.push('locatedAtHub');

  const id = readId(event['distinct_id'] ?? properties['distinct_id']);
  if (id.trim() === '')
    return profile.missingId === 'reject' ? { refused: 'event submitted without a distinct_id' } : { dropped: 'id' };
  if (illegal.has(id.trim().toLowerCase())) {
    if (profile.illegalId === 'drop') return { dropped: 'illegal id' };
    warnings.push('illegalId');
  }
  if ([...id].length > maxIdCharacters) warnings.push('distinct_id_truncated');

  if (uuid === undefined || uuid === '') warnings.push('noUuid');
  else if (typeof uuid !== 'string' || !uuidForm.test(uuid))
    return profile.badUuid === 'reject' ? { refused: 'invalid uuid' } : { dropped: 'uuid' };

  const time = readTime(timestamp, profile, nowMs);
  if (time.refused !== undefined) return { refused: time.refused };
  return {
    distinctId: [...id].slice(0, maxIdCharacters).join(''),
    uuid: typeof uuid === 'string' ? uuid.toLowerCase() : '',
    timestamp: time.timestamp,
    warnings: [...warnings, ...time.warnings],
  };
}

function readId(value: unknown): string {
  if (value === undefined || value === null) return '';
  return (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('\0', '\ufffd');
}

function readTime(timestamp: unknown, { numericTimestamp, future }: PostHogProfile, nowMs: number) {
  const now = new Date(nowMs).toISOString();
  if (timestamp === undefined) return { timestamp: now, warnings: ['noTimestamp'] };
  if (typeof timestamp !== 'string')
    return numericTimestamp === 'reject'
      ? { refused: 'invalid type for timestamp' }
      : { timestamp: now, warnings: ['ignored_invalid_timestamp'] };
  const ms = isoForm.test(timestamp) ? Date.parse(timestamp) : NaN;
  if (Number.isNaN(ms)) return { timestamp: now, warnings: ['ignored_invalid_timestamp'] };
  if (ms > nowMs + aheadMs) return { timestamp: future === 'clamp' ? now : timestamp, warnings: ['future'] };
  return { timestamp: new Date(ms).toISOString(), warnings: [] };
}
