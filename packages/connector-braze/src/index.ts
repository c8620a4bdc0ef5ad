export { braze } from './braze.js';
export type { UserAttributes } from './map.js';
export type { Credentials as BrazeCredentials, Settings as BrazeSettings } from './settings.js';
