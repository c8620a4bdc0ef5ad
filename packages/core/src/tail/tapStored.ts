import { decodeText, readStored, type CatalogueEvent } from '@currents/schema';
import type { IngestRequest } from '../ingest/ingestRequest.js';
import { isWantedBy, maxIdLength, type TailFilter, type TailItem } from './tailItem.js';
import type { TailSampler } from './tailSampler.js';

/** Requests of one commit that are looked into, and the bytes of one: parsing takes some microseconds for each kilobyte. */
const maxRequests = 3;
const maxParsedBytes = 64 * 1024;

/** Counts and samples the events of requests that have just been stored. Takes less than some milliseconds. */
export function tapStored(sampler: TailSampler, requests: readonly IngestRequest[]): void {
  sampler.saw((filter) => requests.reduce((sum, request) => sum + countIn(request, filter), 0));
  const start = Math.floor(Math.random() * requests.length);
  for (let index = 0; index < Math.min(maxRequests, requests.length); index++) {
    const request = requests[(start + index) % requests.length] as IngestRequest;
    for (const item of sampleOf(request, sampler.openFilters())) sampler.offer(item);
  }
}

function countIn({ types, refused }: IngestRequest, filter: TailFilter): number {
  if (filter.currentId !== undefined) return 0;
  const wants = (kind: TailItem['kind']): boolean => filter.kinds?.includes(kind) ?? true;
  let count = 0;
  if (wants('accepted'))
    count +=
      filter.eventType === undefined ? types.length : types.filter((type) => type.name === filter.eventType).length;
  if (wants('quarantined') && filter.eventType === undefined) count += refused.length;
  return count;
}

/** An event for each filter that wants one of this request. */
function sampleOf(request: IngestRequest, filters: readonly TailFilter[]): readonly TailItem[] {
  if (filters.length === 0) return [];
  const came = { occurredAtMs: Date.now(), tokenId: request.tokenId, currentId: null } as const;
  const accepted = request.types.map((type): TailItem => ({
    ...came,
    kind: 'accepted',
    eventType: type.name,
    eventId: null,
    code: null,
  }));
  const refused = request.refused.map(({ code }): TailItem => ({
    ...came,
    kind: 'quarantined',
    eventType: null,
    eventId: null,
    code,
  }));
  const all = [...accepted, ...refused];
  const chosen = new Set<number>();
  for (const filter of filters) {
    const start = Math.floor(Math.random() * all.length);
    for (let index = 0; index < all.length; index++) {
      const position = (start + index) % all.length;
      if (!isWantedBy(filter, all[position] as TailItem)) continue;
      chosen.add(position);
      break;
    }
  }
  const events = readSmall(request);
  return [...chosen].map((position) => {
    const item = all[position] as TailItem;
    const id = position < accepted.length ? events?.[position]?.id : undefined;
    return id === undefined ? item : { ...item, eventId: id.slice(0, maxIdLength) };
  });
}

/** The accepted events; undefined where there are too many bytes to parse them between two requests. */
function readSmall({ json }: IngestRequest): readonly CatalogueEvent[] | undefined {
  return json !== undefined && json.length <= maxParsedBytes ? readStored(`[${decodeText(json)}]`) : undefined;
}
