export { amplitude } from './amplitude.js';
export type { AmplitudeEvent } from './map.js';
export type { Credentials as AmplitudeCredentials, Settings as AmplitudeSettings } from './settings.js';
