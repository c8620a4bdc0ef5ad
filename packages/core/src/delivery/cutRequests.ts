import { wholeChunkAt, type RateLimit } from '@currents/connector';
import type { DeliveryItem } from './deliveryItem.js';
import { limitsOf } from './routeLimits.js';

type Limits = Pick<RateLimit<unknown>, 'maxEvents' | 'maxBytes' | 'wrapBytes' | 'itemBytes' | 'routes'>;

/**
 * Cuts items into requests within the partner's limits, in order, each for one route. Chunks stay whole where they fit. An
 * item that alone exceeds the bytes of a request gets a request of its own; events that are too large were rejected before.
 */
export function cutRequests(items: readonly DeliveryItem[], limits: Limits): (readonly DeliveryItem[])[] {
  if (limits.routes === undefined) return cutRun(items, limits);
  return runsOf(items).flatMap((run) => cutRun(run, limitsOf(limits, run[0]?.route)));
}

/** Neighbours of one route. */
function runsOf(items: readonly DeliveryItem[]): (readonly DeliveryItem[])[] {
  const runs: (readonly DeliveryItem[])[] = [];
  let start = 0;
  for (let at = 1; at <= items.length; at++) {
    if (at < items.length && items[at]?.route === items[start]?.route) continue;
    runs.push(items.slice(start, at));
    start = at;
  }
  return runs;
}

function cutRun(
  items: readonly DeliveryItem[],
  { maxEvents, maxBytes, wrapBytes, itemBytes = 0 }: Limits,
): (readonly DeliveryItem[])[] {
  const requests: (readonly DeliveryItem[])[] = [];
  let start = 0;
  let size = wrapBytes;
  for (let at = 0; at < items.length;) {
    const whole = wholeChunkAt(items, at);
    const isFitting =
      whole &&
      whole.ids.length <= maxEvents &&
      wrapBytes + whole.json.length + whole.ids.length * itemBytes + 1 <= maxBytes;
    const chunk = isFitting ? whole : undefined;
    const count = chunk ? chunk.ids.length : 1;
    // One byte for the comma.
    const more =
      1 + count * itemBytes + (chunk ? chunk.json.length : Buffer.byteLength((items[at] as DeliveryItem).json));
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
