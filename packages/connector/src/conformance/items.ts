import { catalogue, sampleOf, type EventType } from '@currents/schema';
import type { Connector, Item, JsonChunk } from '../connector.js';

/** `count` items of one route made from the catalogue's samples. When samples repeat, their ids are new. */
export function itemsOf<Settings, Credentials, Payload>(
  connector: Connector<Settings, Credentials, Payload>,
  settings: Settings,
  count = 3,
  route?: string,
): Item<Payload>[] {
  const types = typesOn(connector, settings, count, route);
  const items = Array.from({ length: count }, (_, index) => {
    const type = types[index % types.length];
    if (type === undefined) throw new Error(`${connector.name} names no event type`);
    const sample = sampleOf(type.name);
    const event = index < types.length ? sample : { ...sample, id: `${sample.id.slice(0, -6)}${100000 + index}` };
    const answer = connector.map(event, settings);
    if (!('payload' in answer)) throw new Error(`${type.name}: expected a payload of the sample`);
    return { id: event.id, payload: answer.payload, json: JSON.stringify(answer.payload), route };
  });
  // Like the items of the engine.
  const chunk: JsonChunk = {
    json: Buffer.from(items.map(({ json }) => json).join(',')),
    ids: items.map(({ id }) => id),
  };
  return items.map((item) => ({ ...item, chunk }));
}

/** The first event types that the settings send on a route. */
function typesOn<Settings>(
  connector: Connector<Settings>,
  settings: Settings,
  count: number,
  route: string | undefined,
): readonly EventType[] {
  const types: EventType[] = [];
  for (const type of catalogue) {
    if (types.length === count) break;
    if (connector.nameOf(type.name) === undefined) continue;
    const answer = connector.map(sampleOf(type.name), settings);
    if ('payload' in answer && answer.route === route) types.push(type);
  }
  return types;
}

/** The usual route, and those that the settings have. */
export function routesOf<Settings>(
  connector: Connector<Settings>,
  settings: Settings,
): readonly (string | undefined)[] {
  return [undefined, ...Object.keys(connector.rateLimit(settings).routes ?? {})];
}
