import { regionOrigins, type Connector } from '@currents/connector';
import { cohortImport } from './cohort.js';
import { cohortPull, queryHosts } from './cohortPull.js';
import { deduplication } from './deduplication.js';
import { rateLimit } from './limits.js';
import { map, nameOf, reasons, type Payload } from './map.js';
import { hosts } from './request.js';
import { send, test } from './send.js';
import { credentials, settings, type Credentials, type Settings } from './settings.js';

/** Mixpanel, through its `/import` endpoint, and `/engage` for updates of profiles. */
export const mixpanel: Connector<Settings, Credentials, Payload> = {
  name: 'mixpanel',
  label: 'Mixpanel',
  settings,
  credentials,
  reasons,
  origins: regionOrigins([hosts, queryHosts]),
  nameOf,
  map,
  deduplication,
  rateLimit,
  send,
  test,
  cohortImport,
  cohortPull,
};
