import { regionOrigins, type Connector } from '@currents/connector';
import { rateLimit } from './limits.js';
import { map, naming, reasons, type PostHogEvent } from './map.js';
import { hosts, send, test } from './send.js';
import { credentials, settings, type Credentials, type Settings } from './settings.js';

/** PostHog, through its `/batch` endpoint. */
export const posthog: Connector<Settings, Credentials, PostHogEvent> = {
  name: 'posthog',
  label: 'PostHog',
  settings,
  credentials,
  reasons,
  origins: regionOrigins([hosts]),
  nameOf: naming.nameOf,
  map,
  deduplication: {
    rule: 'PostHog keeps one of the events that agree in uuid, name, timestamp and distinct_id. It removes the others in the background, so that they can be seen for a while.',
    source: 'PostHog, docs, Data, Events',
  },
  // Later ones are set to the present, or hidden (PostHog, docs, Ingestion warnings).
  maxAheadMs: 23 * 3_600_000,
  rateLimit,
  send,
  test,
};
