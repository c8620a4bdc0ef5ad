import { createHash } from 'node:crypto';
import { catalogue, sampleOf, type CatalogueEvent } from '@currents/schema';

/** The event types of the original documents, without later ones. */
export const demoTypes = catalogue.filter(({ group }) => group !== 'other');

export interface DemoEvents {
  /** Bodies to post, in order. */
  readonly bodies: readonly string[];
  /** The number of events that the catalogue will refuse. */
  readonly broken: number;
  readonly events: number;
}

const perRequest = 100;

/** Events of all types by 500 users, some of them anonymous, with a few invalid ones. Deterministic. */
export function makeDemoEvents(count: number, nowSeconds: number): DemoEvents {
  const events: unknown[] = [];
  let broken = 0;
  for (let index = 0; index < count; index++) {
    const type = demoTypes[index % demoTypes.length];
    if (!type) break;
    const event = personalised(sampleOf(type.name), index, nowSeconds - 86_400 + (index % 86_000));
    if (index % 997 === 500) {
      events.push({ ...event, event_type: 'users.messages.pigeon.Send' });
      broken++;
    } else events.push(event);
  }
  const bodies: string[] = [];
  for (let from = 0; from < events.length; from += perRequest)
    bodies.push(JSON.stringify({ events: events.slice(from, from + perRequest) }));
  return { bodies, broken, events: events.length };
}

/** An event by one of 500 users. The index chooses its id and its user. */
export function personalised(sample: CatalogueEvent, index: number, time: number): CatalogueEvent {
  const user = index % 500;
  const { external_user_id: _known, ...anonymous } = sample.user;
  return {
    ...sample,
    id: uuidOf(`demo ${index}`),
    time,
    // Every twentieth user is anonymous.
    user:
      user % 20 === 7
        ? { ...anonymous, device_id: uuidOf(`device ${user}`) }
        : { ...sample.user, external_user_id: externalId(user) },
  };
}

/** One user has an id that Mixpanel refuses: the events of this user become dead letters. */
function externalId(user: number): string {
  return user === 13 ? 'undefined' : `customer-${user}`;
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
