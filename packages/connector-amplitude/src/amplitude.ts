import { brazeCohorts, regionOrigins } from '@currents/connector';
import type { Connector } from '@currents/connector';
import { cohortLists } from './cohortLists.js';
import { displayName } from './cohortName.js';
import { cohortHosts, cohortPull } from './cohortPull.js';
import { cohortWebhook } from './cohortWebhook.js';
import { deduplication } from './deduplication.js';
import { rateLimit } from './limits.js';
import { map, nameOf, reasons } from './map.js';
import type { AmplitudeEvent } from './map.js';
import { lookUpUser, profileHosts } from './profile.js';
import { hosts } from './request.js';
import { send, test } from './send.js';
import { credentials, settings } from './settings.js';
import type { Credentials, Settings } from './settings.js';

/** Amplitude, through its `/batch` or `/2/httpapi` endpoint. */
export const amplitude: Connector<Settings, Credentials, AmplitudeEvent> = {
  name: 'amplitude',
  label: 'Amplitude',
  settings,
  credentials,
  reasons,
  origins: regionOrigins([hosts, cohortHosts, profileHosts]),
  nameOf,
  map,
  deduplication,
  rateLimit,
  send,
  test,
  lookUpUser,
  cohortImport: { routes: [cohortWebhook, ...cohortLists, ...brazeCohorts.routes], displayName },
  cohortPull,
};
