import { answerAll, copyProperties, joinJson, redact, readJsonObject, retryAfterMs } from '@currents/connector';
import type { BodyPiece, Connector, HttpAnswer, HttpRequest, SendContext, SendOutcome } from '@currents/connector';
import { findEventType } from '@currents/schema';
import { z } from 'zod';

const settings = z.strictObject({
  host: z.hostname().describe('Where your Logbook lives, such as logbook.example.com.'),
});
const credentials = z.strictObject({
  token: z.string().trim().min(1).describe('The token from Logbook, Settings, Tokens.'),
});

interface Entry {
  readonly key: string;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly more: Readonly<Record<string, unknown>>;
}
type Context = SendContext<z.infer<typeof settings>, z.infer<typeof credentials>>;

/** Logbook takes lists of entries, all of them or none. */
export const logbook: Connector<z.infer<typeof settings>, z.infer<typeof credentials>, Entry> = {
  name: 'logbook',
  label: 'Logbook',
  settings,
  credentials,
  reasons: {
    not_a_message: 'Logbook keeps messages only.',
    no_external_user_id: 'Logbook needs to know whom the message was for.',
    time_out_of_range: 'Logbook has pages from 1970 to 2100.',
  },

  origins: (settings) => (settings ? [`https://${settings.host}`] : []),

  nameOf(eventType) {
    const type = findEventType(eventType);
    return type?.group === 'message' ? type.title : undefined;
  },

  map(event) {
    const what = logbook.nameOf(event.event_type);
    const who = event.user.external_user_id;
    if (what === undefined) return { skip: 'not_a_message' };
    if (!who) return { skip: 'no_external_user_id' };
    if (event.time < 0 || event.time > 4_133_980_799)
      return { reject: 'time_out_of_range', detail: 'time: expected 1970 to 2100' };
    const more: Record<string, unknown> = {};
    copyProperties(more, event.properties);
    return { payload: { key: event.id, at: new Date(event.time * 1000).toISOString(), who, what, more } };
  },

  rateLimit: () => ({
    maxEvents: 100,
    maxBytes: 1_000_000,
    maxEventBytes: 100_000,
    wrapBytes: 14,
    maxConcurrentRequests: 2,
    budgets: [],
  }),

  async send(items, to) {
    const answer = await to.http.request(post(['{"entries":[', ...joinJson(items), ']}'], to));
    return answerAll(items, verdictOn(answer, to, items));
  },

  async test(to) {
    const verdict = verdictOn(await to.http.request(post(['{"entries":[]}'], to)), to, []);
    if (verdict.outcome === 'delivered') return { outcome: 'passed' };
    const outcome = verdict.outcome === 'blocked' ? 'refused' : 'unreachable';
    return { outcome, code: verdict.code, detail: verdict.detail };
  },
};

function post(body: readonly BodyPiece[], { settings: { host }, credentials: { token } }: Context): HttpRequest {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return { method: 'POST', url: `https://${host}/entries`, headers, body };
}

function verdictOn(answer: HttpAnswer, to: Context, items: readonly { readonly payload: Entry }[]): SendOutcome {
  if ('failure' in answer) return { outcome: 'deferred', code: answer.failure, detail: 'no answer', scope: 'current' };
  const { status, headers, body } = answer;
  const said = readJsonObject(body);
  if (status === 200 && typeof said?.['kept'] === 'number') return { outcome: 'delivered' };
  const hidden = { secrets: [to.credentials.token], payloads: items.map((item) => item.payload) };
  const problem = typeof said?.['problem'] === 'string' ? said['problem'] : 'without a word';
  const detail = `HTTP ${status}: ${redact(problem, hidden)}`;
  if (status === 401 || status === 403) return { outcome: 'blocked', code: 'token_refused', detail };
  if (status === 413 || status === 422)
    return { outcome: 'split', code: `http_${status}`, detail, isTooLarge: status === 413 };
  const afterMs = retryAfterMs(headers, { minMs: 1_000, maxMs: 300_000 });
  return {
    outcome: 'deferred',
    code: `http_${status}`,
    detail,
    scope: 'current',
    ...(afterMs !== undefined && { afterMs }),
  };
}
