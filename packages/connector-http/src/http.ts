import type { Connector } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { rateLimit } from './limits.js';
import { map, nameOf, reasons } from './map.js';
import { send, test } from './send.js';
import { credentials, settings, type Credentials, type Settings } from './settings.js';

/** Any receiver of events in the form in which Braze sends them: another hub, a warehouse loader, a service. */
export const http: Connector<Settings, Credentials, CatalogueEvent> = {
  name: 'http',
  label: 'HTTP',
  settings,
  credentials,
  reasons,
  origins: (settings) => (settings ? [new URL(settings.url).origin] : []),
  nameOf,
  map,
  rateLimit,
  send,
  test,
};
