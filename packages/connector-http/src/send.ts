import { answerAll, bodySignature, createRedactor, interpretByStatus } from '@currents/connector';
import { joinJson, requestHeaders, toTestResult } from '@currents/connector';
import type { Item, SendContext, SendOutcome, SendResult, TestResult } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import type { Credentials, Settings } from './settings.js';

type Context = SendContext<Settings, Credentials>;
type Items = readonly Item<CatalogueEvent>[];

/** What stands around the events of a request (Braze, Custom Currents Export). */
export const [start, end] = ['{"events":[', ']}'] as const;

export async function send(items: Items, to: Context): Promise<readonly SendResult[]> {
  return answerAll(items, await post(items, to));
}

/** A request without events, by which Braze, too, checks credentials (Braze, Custom Currents Export). */
export async function test(to: Context): Promise<TestResult> {
  return toTestResult(await post([], to));
}

/** One request in the form in which Braze sends events, and what the answer means for all of them. */
async function post(items: Items, { settings, credentials, http }: Context): Promise<SendOutcome> {
  const { token, signingSecret } = credentials;
  const own = { 'content-type': 'application/json', 'braze-currents-version': '1' };
  const answer = await http.request({
    method: 'POST',
    url: settings.url,
    headers: { ...requestHeaders(settings, token), ...own },
    body: [start, ...joinJson(items), end],
    gzip: settings.gzip,
    ...bodySignature(items, signingSecret),
  });
  const secrets = [token ?? '', signingSecret ?? ''];
  return interpretByStatus(
    answer,
    settings,
    createRedactor(secrets, () => items.map(({ payload }) => payload)),
  );
}
