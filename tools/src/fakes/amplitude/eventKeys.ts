import { isObject } from '../strictJson.js';

/** Whether a value may stand at a top-level key; `true` where another check looks at it. */
type KeyRule = true | ((value: unknown) => boolean);

const text = (value: unknown): boolean => typeof value === 'string';
const number = (value: unknown): boolean => typeof value === 'number';
const integer = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value);
const currency = /^[A-Z]{3}$/;

/** The keys an event may have. Amplitude, HTTP V2 API, event array keys; of kinds that the pages do not name, any value goes. */
export const keyRules: Readonly<Record<string, KeyRule | undefined>> = Object.assign(Object.create(null) as object, {
  user_id: true,
  device_id: true,
  event_type: true,
  time: true,
  client_upload_time: true,
  event_properties: isObject,
  user_properties: isObject,
  groups: isObject,
  group_properties: isObject,
  $skip_user_properties_sync: true,
  app_version: true,
  platform: true,
  os_name: true,
  os_version: true,
  device_brand: true,
  device_manufacturer: true,
  device_model: true,
  carrier: true,
  country: true,
  region: true,
  city: true,
  dma: true,
  language: true,
  price: number,
  quantity: integer,
  revenue: number,
  productId: true,
  revenueType: true,
  currency: (value: unknown) => typeof value === 'string' && currency.test(value),
  location_lat: number,
  location_lng: number,
  ip: true,
  idfa: true,
  idfv: true,
  adid: true,
  android_id: true,
  android_app_set_id: true,
  event_id: integer,
  session_id: (value: unknown) => integer(value) && ((value as number) >= 0 || value === -1),
  insert_id: text,
  user_agent: true,
  plan: true,
  partner_id: true,
  library: true,
  version_name: true,
  ingestion_metadata: true,
} satisfies Record<string, KeyRule>);

// Amplitude, HTTP V2 API.
export const reservedEventTypes: ReadonlySet<string> = new Set([
  '[Amplitude] Start Session',
  '[Amplitude] End Session',
  '[Amplitude] Revenue',
  '[Amplitude] Revenue (Verified)',
  '[Amplitude] Revenue (Unverified)',
  '[Amplitude] Merged User',
]);
