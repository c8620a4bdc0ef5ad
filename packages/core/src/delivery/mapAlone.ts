import type { Connector, Item } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { isTombstone, userDeleted } from '../batch/tombstone.js';
import { brokenMapping, eventTooLarge, latestTimeOf, tooFarAhead } from './mapEvents.js';
import { limitsOf } from './routeLimits.js';

/** What becomes of one event before a request: an item to send, or why it is not sent. */
export type MappedAlone =
  | { readonly verdict: 'sent'; readonly item: Item<unknown> }
  | { readonly verdict: 'skipped'; readonly code: string }
  | { readonly verdict: 'rejected'; readonly code: string; readonly detail: string };

/** Maps one event as an attempt does, by itself: without what other events of the same request change. */
export function mapAlone(connector: Connector, settings: unknown, event: CatalogueEvent): MappedAlone {
  if (isTombstone(event)) return { verdict: 'skipped', code: userDeleted };
  try {
    const mapped = connector.map(event, settings);
    if ('skip' in mapped) return { verdict: 'skipped', code: mapped.skip };
    if ('reject' in mapped) return { verdict: 'rejected', code: mapped.reject, detail: mapped.detail };
    if (event.time > latestTimeOf(connector, Date.now)) return { verdict: 'rejected', ...tooFarAhead(connector) };
    const { route } = mapped;
    const payload: unknown = mapped.payload;
    const json = JSON.stringify(payload);
    const { maxEventBytes } = limitsOf(connector.rateLimit(settings), route);
    const bytes = Buffer.byteLength(json);
    if (bytes > maxEventBytes) return { verdict: 'rejected', ...eventTooLarge(connector, maxEventBytes, bytes) };
    return { verdict: 'sent', item: { id: event.id, payload, route, json } };
  } catch (error) {
    return { verdict: 'rejected', ...brokenMapping(error) };
  }
}
