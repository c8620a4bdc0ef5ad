import type { CatalogueEvent } from '@currents/schema';

/** The device an event happened on, in Amplitude's own fields: properties of the user from then on. */
export interface DeviceFields {
  readonly platform?: string;
  readonly os_name?: string;
  readonly os_version?: string;
  readonly device_model?: string;
  readonly carrier?: string;
}

/** As Amplitude's own SDKs write them; every other platform keeps its spelling. */
const spellings: ReadonlyMap<string, DeviceFields> = new Map([
  ['ios', { platform: 'iOS', os_name: 'ios' }],
  ['android', { platform: 'Android', os_name: 'android' }],
  ['tvos', { platform: 'tvOS', os_name: 'tvos' }],
  ['web', { platform: 'Web' }],
]);

/** Undefined for events that no app sent: what an email event says of a device was guessed from a user agent. */
export function deviceFieldsOf(properties: CatalogueEvent['properties']): DeviceFields | undefined {
  const { platform, os_version: osVersion, device_model: model, carrier } = properties;
  if (typeof platform !== 'string' || platform === '') return undefined;
  return {
    ...(spellings.get(platform) ?? { platform }),
    ...(typeof osVersion === 'string' && { os_version: osVersion }),
    ...(typeof model === 'string' && { device_model: model }),
    ...(typeof carrier === 'string' && { carrier }),
  };
}
