import type { CatalogueEvent } from './event.js';

/**
 * Reads events back: `text` is `[`, any number of `json` texts of `readBody` with commas between, and `]`.
 * Trusts them; throws on anything else.
 */
export function readStored(text: string): CatalogueEvent[] {
  const events: CatalogueEvent[] = [];
  const add = (stored: Stored): void => {
    if (stored.event_type === undefined) for (const event of stored.events) events.push(event);
    else events.push(stored);
  };
  for (const segment of JSON.parse(text) as readonly (Stored | readonly Stored[])[]) {
    if (Array.isArray(segment)) segment.forEach(add);
    else add(segment as Stored);
  }
  return events;
}

type Stored = CatalogueEvent | { readonly event_type?: undefined; readonly events: readonly CatalogueEvent[] };
