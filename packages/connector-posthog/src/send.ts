import { baseUrlOf, firstText, interpretAnswer, joinJson, toSendOutcome, wholeRequests } from '@currents/connector';
import type { AnswerRules } from '@currents/connector';
import type { PostHogEvent } from './map.js';
import type { Credentials, Settings } from './settings.js';

/** PostHog, docs, API: the hosts of public endpoints. */
export const hosts = { us: 'https://us.i.posthog.com', eu: 'https://eu.i.posthog.com' };

/**
 * PostHog, rust/capture/src/api.rs: errors are plain text, and the body of a success says nothing of events. Proxies and
 * older installations answer with JSON.
 */
const rules: AnswerRules = {
  label: 'PostHog',
  refusals: {
    401: { code: 'credentials_refused', advice: 'check the project token' },
    404: { code: 'not_found', advice: 'check the region and the base URL' },
  },
  isSuccess: () => true,
  explanationIn: ({ detail, error, message }, text) => firstText(detail, error, message) ?? text,
};

/** Without `sent_at`, by which PostHog would shift the times of a late retry (PostHog, docs, Timestamps). */
export const { send, test } = wholeRequests<Settings, Credentials, PostHogEvent>({
  request: (items, { settings, credentials }) => ({
    method: 'POST',
    url: `${baseUrlOf(settings, hosts[settings.region])}/batch`,
    headers: { 'content-type': 'application/json' },
    body: [startOf(credentials.projectToken, settings.historicalMigration), ...joinJson(items), ']}'],
    gzip: settings.gzip,
  }),
  interpret: (answer, { gzip }, say) => toSendOutcome(interpretAnswer(answer, { ...rules, isCompressed: gzip }, say)),
  secretsOf: ({ projectToken }) => [projectToken],
  // It says that there is no event, and of no token whether it knows it. A page of a proxy may have any word.
  isTestPassed: (answer) => 'body' in answer && answer.status === 400 && /^(?!\s*<)[^]*event/.test(answer.body),
});

function startOf(token: string, isHistorical: boolean): string {
  return `{"api_key":"${token}","historical_migration":${isHistorical},"batch":[`;
}

export const wrapBytes = startOf('k'.repeat(64), false).length + ']}'.length;
