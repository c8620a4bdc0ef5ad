export { mixpanel } from './mixpanel.js';
export type { ImportEvent } from './map.js';
export type { ProfileUpdate } from './profileUpdate.js';
export type { Credentials as MixpanelCredentials, Settings as MixpanelSettings } from './settings.js';
