import type { HttpAnswer } from '@currents/connector';
import { scriptedHttp } from '@currents/connector/conformance';
import { braze } from '@currents/connector-braze';

export const key = '3f0c9a52-1be7-4d16-9c80-7a4e5d2b6f13';
const settings = braze.settings.parse({ restEndpoint: 'https://rest.iad-01.braze.com', attribute: 'currents_vip' });

export const itemsToSend = ['kim', 'lou'].map((externalId) => {
  const mapped = braze.map({ externalId }, true, settings);
  if (!('payload' in mapped)) throw new Error(mapped.detail);
  return { id: externalId, payload: mapped.payload, json: JSON.stringify(mapped.payload) };
});

/** Sends two users against one answer. */
export async function send(answer: HttpAnswer) {
  const http = scriptedHttp(answer);
  const results = await braze.send(itemsToSend, { settings, credentials: { restApiKey: key }, http });
  return { results, requests: http.requests };
}
