import { wholeRunAt, type RateLimit } from '@currents/connector';
import type { DeliveryItem } from './deliveryItem.js';

type Limits = Pick<RateLimit<unknown>, 'events' | 'bytes' | 'wrapBytes'>;

/**
 * Cuts items into requests, in order, none above the partner's limits. Runs stay whole where they fit. An item that
 * alone is above the bytes of a request still gets a request: whether it is too large by itself was settled before.
 */
export function cutRequests(
  items: readonly DeliveryItem[],
  { events, bytes, wrapBytes }: Limits,
): (readonly DeliveryItem[])[] {
  const requests: (readonly DeliveryItem[])[] = [];
  let start = 0;
  let size = wrapBytes;
  for (let at = 0; at < items.length;) {
    const whole = wholeRunAt(items, at);
    const run = whole && whole.ids.length <= events && wrapBytes + whole.json.length + 1 <= bytes ? whole : undefined;
    const count = run ? run.ids.length : 1;
    // A comma goes with each.
    const more = 1 + (run ? run.json.length : Buffer.byteLength((items[at] as DeliveryItem).json));
    if (at > start && (at + count - start > events || size + more > bytes)) {
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
