import { bodySignature, interpretByStatus, joinJson, requestHeaders, wholeRequests } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import type { Credentials, Settings } from './settings.js';

/** What stands around the events of a request (Braze, Custom Currents Export). */
export const [start, end] = ['{"events":[', ']}'] as const;
const ownHeaders = { 'content-type': 'application/json', 'braze-currents-version': '1' };

/** Requests in the form in which Braze sends events; one without events checks credentials, as it does for Braze. */
export const { send, test } = wholeRequests<Settings, Credentials, CatalogueEvent>({
  request: (items, { settings, credentials: { token, signingSecret } }) => ({
    method: 'POST',
    url: settings.url,
    headers: requestHeaders(settings, token, ownHeaders),
    body: [start, ...joinJson(items), end],
    gzip: settings.gzip,
    ...bodySignature(items, signingSecret),
  }),
  interpret: interpretByStatus,
  secretsOf: ({ token, signingSecret }) => [token, signingSecret],
});
