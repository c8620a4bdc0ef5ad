import { regionOrigins, type Connector } from '@currents/connector';
import { cohortImport } from './cohort.js';
import { cohortPull, queryHosts } from './cohortPull.js';
import { deduplication } from './deduplication.js';
import { rateLimit } from './limits.js';
import { map, naming, reasons, type ImportEvent } from './map.js';
import { hosts } from './request.js';
import { send, test } from './send.js';
import { credentials, settings, type Credentials, type Settings } from './settings.js';

/** Mixpanel, through its `/import` endpoint. */
export const mixpanel: Connector<Settings, Credentials, ImportEvent> = {
  name: 'mixpanel',
  label: 'Mixpanel',
  settings,
  credentials,
  reasons,
  origins: regionOrigins([hosts, queryHosts]),
  nameOf: naming.nameOf,
  map,
  deduplication,
  rateLimit,
  send,
  test,
  cohortImport,
  cohortPull,
};
