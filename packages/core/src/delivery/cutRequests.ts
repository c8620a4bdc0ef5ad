import { wholeChunkAt, type RateLimit } from '@currents/connector';
import type { DeliveryItem } from './deliveryItem.js';

type Limits = Pick<RateLimit<unknown>, 'maxEvents' | 'maxBytes' | 'wrapBytes'>;

/**
 * Cuts items into requests within the partner's limits, in order. Chunks stay whole where they fit. An item that alone
 * exceeds the bytes of a request gets a request of its own; events that are too large were rejected before.
 */
export function cutRequests(
  items: readonly DeliveryItem[],
  { maxEvents, maxBytes, wrapBytes }: Limits,
): (readonly DeliveryItem[])[] {
  const requests: (readonly DeliveryItem[])[] = [];
  let start = 0;
  let size = wrapBytes;
  for (let at = 0; at < items.length;) {
    const whole = wholeChunkAt(items, at);
    const chunk =
      whole && whole.ids.length <= maxEvents && wrapBytes + whole.json.length + 1 <= maxBytes ? whole : undefined;
    const count = chunk ? chunk.ids.length : 1;
    // One byte for the comma.
    const more = 1 + (chunk ? chunk.json.length : Buffer.byteLength((items[at] as DeliveryItem).json));
    if (at > start && (at + count - start > maxEvents || size + more > maxBytes)) {
      requests.push(items.slice(start, at));
      start = at;
      size = wrapBytes;
    }
    size += more;
    at += count;
  }
  if (start < items.length) requests.push(start === 0 ? items : items.slice(start));
  return requests;
}
