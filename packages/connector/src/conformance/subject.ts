import { catalogue } from '@currents/schema';
import type { CatalogueEvent, EventType } from '@currents/schema';
import { expect } from 'vitest';
import type { Connector, MapResult } from '../connector.js';
import { deepFreeze } from './freeze.js';
import type { ConformanceOptions } from './options.js';

/** A connector with its inputs parsed: what the laws are held against. */
export interface Subject {
  readonly connector: Connector<unknown, unknown, unknown>;
  readonly options: ConformanceOptions<unknown, unknown, unknown>;
  /** The first of `allSettings`. */
  readonly settings: unknown;
  readonly allSettings: readonly unknown[];
  readonly credentials: readonly unknown[];
  /** Event types that have a name at the destination. */
  readonly named: readonly EventType[];
}

export function subjectOf<Settings, Credentials, Payload>(
  typed: ConformanceOptions<Settings, Credentials, Payload>,
): Subject {
  const options = typed as ConformanceOptions<unknown, unknown, unknown>;
  const { connector } = options;
  const allSettings = options.settings.valid.map((value) => deepFreeze(connector.settings.parse(value)));
  return {
    connector,
    options,
    settings: allSettings[0],
    allSettings,
    credentials: options.credentials.valid.map((value) => deepFreeze(connector.credentials.parse(value))),
    named: catalogue.filter((type) => connector.nameOf(type.name) !== undefined),
  };
}

/** Maps, and holds on the way that the reason, if there is one, is listed. */
export function mapped(subject: Subject, event: CatalogueEvent, settings = subject.settings): MapResult<unknown> {
  const answer = subject.connector.map(event, settings);
  const reason = 'skip' in answer ? answer.skip : 'reject' in answer ? answer.reject : undefined;
  if (reason !== undefined) expect(Object.keys(subject.connector.reasons)).toContain(reason);
  return answer;
}

/** Maps what has to become a payload. */
export function payloadOf(subject: Subject, event: CatalogueEvent, settings = subject.settings): unknown {
  const answer = mapped(subject, event, settings);
  if (!('payload' in answer)) {
    throw new Error(`${event.event_type} should have become a payload; map said ${JSON.stringify(answer)}`);
  }
  return answer.payload;
}
