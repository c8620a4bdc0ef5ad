import type { RateLimit } from '@currents/connector';
import type { Seated } from './seated.js';

/**
 * Cuts items into requests, in order, none above the partner's limits. An item that alone is above the bytes of a
 * request still gets a request: whether it is too large by itself was settled before.
 */
export function cutRequests(items: readonly Seated[], { events, bytes, wrapBytes }: Pick<RateLimit<unknown>, 'events' | 'bytes' | 'wrapBytes'>): (readonly Seated[])[] {
  const requests: (readonly Seated[])[] = [];
  let start = 0;
  let size = wrapBytes;
  for (let index = 0; index < items.length; index++) {
    // A comma goes with each.
    const itemBytes = (items[index] as Seated).bytes + 1;
    if (index > start && (index - start >= events || size + itemBytes > bytes)) {
      requests.push(items.slice(start, index));
      start = index;
      size = wrapBytes;
    }
    size += itemBytes;
  }
  if (start < items.length) requests.push(start === 0 ? items : items.slice(start));
  return requests;
}
