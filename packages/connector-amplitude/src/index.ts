export { amplitude } from './amplitude.js';
export type { AmplitudeEvent } from './map.js';
export { lookUpUser } from './profile.js';
export type { ProfileParts, UserLookup, UserLookupResult, WhichUser } from './profile.js';
export type { Credentials as AmplitudeCredentials, Settings as AmplitudeSettings } from './settings.js';
export type { Propensity, Recommendation, UserProfile } from './userData.js';
