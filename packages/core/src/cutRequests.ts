import type { Item, RateLimit } from '@currents/connector';

/**
 * Cuts items into requests, in order, none above the partner's limits. An item that alone is above the bytes of a
 * request still gets a request: whether it is too large by itself was settled before.
 */
export function cutRequests<Payload>(
  items: readonly Item<Payload>[],
  { events, bytes, wrapBytes }: Pick<RateLimit<Payload>, 'events' | 'bytes' | 'wrapBytes'>,
): (readonly Item<Payload>[])[] {
  const requests: (readonly Item<Payload>[])[] = [];
  let start = 0;
  let size = wrapBytes;
  for (const [index, { json }] of items.entries()) {
    const itemBytes = Buffer.byteLength(json) + 1;
    if (index > start && (index - start >= events || size + itemBytes > bytes)) {
      requests.push(items.slice(start, index));
      start = index;
      size = wrapBytes;
    }
    size += itemBytes;
  }
  if (start < items.length) requests.push(items.slice(start));
  return requests;
}
