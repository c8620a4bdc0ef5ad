import { copyProperties } from '@currents/connector';
import type { MapResult } from '@currents/connector';
import { findEventType, type CatalogueEvent } from '@currents/schema';

export interface Payload {
  /** Tidemark keeps one event per id. */
  readonly id: string;
  readonly user: string;
  readonly name: string;
  /** Unix time in seconds. */
  readonly time: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

export const reasons = {
  no_name: 'Tidemark takes no events of this type.',
  no_user: 'Tidemark identifies users by an external id, and the event has none.',
  time_before_1970: 'Tidemark refuses times before 1970.',
};

/** Tidemark knows messages only. */
export function nameOf(eventType: string): string | undefined {
  const type = findEventType(eventType);
  return type?.group === 'message' ? type.title : undefined;
}

export function map(event: CatalogueEvent): MapResult<Payload> {
  const name = nameOf(event.event_type);
  const user = event.user.external_user_id;
  if (name === undefined) return { skip: 'no_name' };
  if (!user) return { skip: 'no_user' };
  if (event.time < 0) return { reject: 'time_before_1970', detail: 'time: expected 0 or more' };
  const properties: Record<string, unknown> = {};
  copyProperties(properties, event.properties);
  return { payload: { id: event.id, user, name, time: event.time, properties } };
}
