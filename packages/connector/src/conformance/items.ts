import { catalogue, sampleOf } from '@currents/schema';
import type { Connector, Item, JsonChunk } from '../connector.js';

/** `count` items made from the catalogue's samples. When samples repeat, their ids are new. */
export function itemsOf<Settings, Credentials, Payload>(
  connector: Connector<Settings, Credentials, Payload>,
  settings: Settings,
  count = 3,
): Item<Payload>[] {
  const types = catalogue.filter((type) => connector.nameOf(type.name) !== undefined);
  const items = Array.from({ length: count }, (_, index) => {
    const type = types[index % types.length];
    if (type === undefined) throw new Error(`${connector.name} names no event type`);
    const sample = sampleOf(type.name);
    const event = index < types.length ? sample : { ...sample, id: `${sample.id.slice(0, -6)}${100000 + index}` };
    const answer = connector.map(event, settings);
    if (!('payload' in answer)) throw new Error(`${type.name}: expected a payload of the sample`);
    return { id: event.id, payload: answer.payload, json: JSON.stringify(answer.payload) };
  });
  // Like the items of the engine.
  const chunk: JsonChunk = {
    json: Buffer.from(items.map(({ json }) => json).join(',')),
    ids: items.map(({ id }) => id),
  };
  return items.map((item) => ({ ...item, chunk }));
}
