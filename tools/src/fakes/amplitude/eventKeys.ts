import { isObject } from '../strictJson.js';

/** Whether a top-level key may have the value; `true` where another check covers it. */
type KeyRule = true | ((value: unknown) => boolean);

const text = (value: unknown): boolean => typeof value === 'string';
const number = (value: unknown): boolean => typeof value === 'number';
const integer = (value: unknown): boolean => Number.isInteger(value);

/** Keys that accept any value, because another check covers them or the documentation names no type. */
const uncheckedKeys = `
  user_id device_id event_type time client_upload_time $skip_user_properties_sync app_version platform
  os_name os_version device_brand device_manufacturer device_model carrier country region city dma
  language productId revenueType ip idfa idfv adid android_id android_app_set_id user_agent plan
  partner_id library version_name ingestion_metadata
`.split(/\s+/);

/** The keys an event may have. Amplitude, HTTP V2 API, event array keys. */
export const keyRules: ReadonlyMap<string, KeyRule> = new Map<string, KeyRule>([
  ...uncheckedKeys.map((key) => [key, true] as const),
  ...['event_properties', 'user_properties', 'groups', 'group_properties'].map((key) => [key, isObject] as const),
  ...['price', 'revenue', 'location_lat', 'location_lng'].map((key) => [key, number] as const),
  ...['quantity', 'event_id'].map((key) => [key, integer] as const),
  ['currency', (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value)],
  ['session_id', (value) => integer(value) && ((value as number) >= 0 || value === -1)],
  ['insert_id', text],
]);

// Amplitude, HTTP V2 API.
export const reservedEventTypes: ReadonlySet<string> = new Set([
  '[Amplitude] Start Session',
  '[Amplitude] End Session',
  '[Amplitude] Revenue',
  '[Amplitude] Revenue (Verified)',
  '[Amplitude] Revenue (Unverified)',
  '[Amplitude] Merged User',
]);
