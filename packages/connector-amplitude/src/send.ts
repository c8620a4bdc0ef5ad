import { answerAll, joinJson, redact, readJsonObject } from '@currents/connector';
import type { Item, SendContext, SendResult, SendOutcome } from '@currents/connector';
import type { AmplitudeEvent } from './map.js';
import { readNamedEvents } from './namedEvents.js';
import { secretsOf, uploadRequest } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { verdictOn } from './verdict.js';

/** One request, and what became of each of its events. */
export async function send(
  items: readonly Item<AmplitudeEvent>[],
  to: SendContext<Settings, Credentials>,
): Promise<readonly SendResult[]> {
  const answer = await to.http.request(uploadRequest(joinJson(items), to));
  const secrets = secretsOf(to.credentials);
  const say = (words: string): string => redact(words, { secrets, payloads: items.map((item) => item.payload) });
  const verdict = verdictOn(answer, { ...to, events: items.length, say });

  const mayName = (answer.status === 400 || answer.status === 429) && 'body' in answer && verdict.outcome !== 'blocked';
  const body = mayName ? readJsonObject(answer.body) : undefined;
  const named = body && readNamedEvents(body, items, { waitMs: throttleMs(to.settings, verdict), secrets });
  if (named === undefined || named.size === 0) return answerAll(items, verdict);
  return items.map(({ id }, place) => ({ id, ...(named.get(place) ?? innocent) }));
}

/** Amplitude takes all events of a request or none, so those that it does not complain about have to go again. */
const innocent: SendOutcome = {
  outcome: 'deferred',
  code: 'others_refused',
  detail: 'Amplitude refused the request because of other events in it',
  afterMs: 0,
  scope: 'event',
};

/** Pauses for users and devices that are too fast; HTTP V2 and Batch Event Upload references, 429. */
const pausesMs = { httpapi: 30_000, batch: 15_000 } as const satisfies Record<Settings['endpoint'], number>;

function throttleMs(settings: Settings, verdict: SendOutcome): number {
  const askedMs = verdict.outcome === 'deferred' ? (verdict.afterMs ?? 0) : 0;
  return Math.max(pausesMs[settings.endpoint], askedMs);
}
