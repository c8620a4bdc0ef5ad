import type { Connector } from '@currents/connector';
import { rateLimit } from './limits.js';
import { map, nameOf, reasons } from './map.js';
import type { Payload } from './map.js';
import { send, test } from './send.js';
import { credentials, settings } from './settings.js';
import type { Credentials, Settings } from './settings.js';

/** Tidemark, an imaginary product: `POST /v1/track` takes a list of events and names those that it refuses. */
export const tidemark: Connector<Settings, Credentials, Payload> = {
  name: 'tidemark',
  label: 'Tidemark',
  settings,
  credentials,
  reasons,
  origins: (settings) => (settings ? [new URL(settings.baseUrl).origin] : []),
  nameOf,
  map,
  rateLimit,
  send,
  test,
};
