import { catalogue } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { expect } from 'vitest';
import type { Item, MapResult, SendResult } from '../connector.js';
import type { HttpAnswer } from '../http.js';
import { awkwardAnswers } from './answers.js';
import { routesOf } from './items.js';
import { deepFreeze } from './law.js';
import type { ConformanceOptions } from './options.js';
import { scriptedHttp, type ScriptedHttp } from './scriptedHttp.js';

/** A connector with its inputs parsed, to which the laws apply. */
export type Subject = ReturnType<typeof subjectOf>;

export function subjectOf<Settings, Credentials, Payload>(typed: ConformanceOptions<Settings, Credentials, Payload>) {
  const options = typed as ConformanceOptions<unknown, unknown, unknown>;
  const { connector } = options;
  const allSettings = options.settings.valid.map((value) => deepFreeze(connector.settings.parse(value)));
  return {
    connector,
    options,
    /** The first of `allSettings`. */
    settings: allSettings[0],
    allSettings,
    credentials: options.credentials.valid.map((value) => deepFreeze(connector.credentials.parse(value))),
    /** The usual route, and those of the first settings. */
    routes: routesOf(connector, allSettings[0]),
    /** Event types that have a name at the destination. */
    named: catalogue.filter((type) => connector.nameOf(type.name) !== undefined),
    /** Answers to `send` by name: those of every partner, and this partner's own. */
    answers: [
      ...Object.entries(awkwardAnswers),
      ...[options, ...Object.values(options.routes ?? {})].flatMap(({ answers }) =>
        answers.map(({ name, answer }) => [name, answer] as const),
      ),
    ],
  };
}

/** Maps an event, and checks that the reason, if there is one, is listed. */
export function mapped(subject: Subject, event: CatalogueEvent, settings = subject.settings): MapResult<unknown> {
  const answer = subject.connector.map(event, settings);
  const reason = 'skip' in answer ? answer.skip : 'reject' in answer ? answer.reject : undefined;
  if (reason !== undefined) expect(Object.keys(subject.connector.reasons)).toContain(reason);
  return answer;
}

/** Maps an event that has to become a payload. */
export function payloadOf(subject: Subject, event: CatalogueEvent, settings = subject.settings): unknown {
  const answer = mapped(subject, event, settings);
  if ('payload' in answer) return answer.payload;
  throw new Error(`${event.event_type}: expected a payload, got ${JSON.stringify(answer)}`);
}

/** Calls `send` once, against one answer. */
export async function sendTo(
  { connector, settings }: Subject,
  items: readonly Item<unknown>[],
  credentials: unknown,
  answer: HttpAnswer,
): Promise<{ readonly http: ScriptedHttp; readonly results: readonly SendResult[] }> {
  const http = scriptedHttp(answer);
  return { http, results: await connector.send(items, { settings, credentials, http }) };
}
