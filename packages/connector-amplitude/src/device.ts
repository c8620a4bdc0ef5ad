import type { CatalogueEvent } from '@currents/schema';

/** The device in Amplitude's own fields, which then become properties of the user. */
export interface DeviceFields {
  readonly platform?: string;
  readonly os_name?: string;
  readonly os_version?: string;
  readonly device_model?: string;
  readonly carrier?: string;
}

/** The spelling of Amplitude's own SDKs; other platforms keep theirs. */
const spellings: ReadonlyMap<string, DeviceFields> = new Map([
  ['ios', { platform: 'iOS', os_name: 'ios' }],
  ['android', { platform: 'Android', os_name: 'android' }],
  ['tvos', { platform: 'tvOS', os_name: 'tvos' }],
  ['web', { platform: 'Web' }],
]);

/** Undefined for events that no app sent: the device of an email event is only guessed from a user agent. */
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
