import { createHash } from 'node:crypto';
import type { FakeRequest } from '../exchange.js';
import type { Ledger, StoredEvent } from '../ledger.js';
import type { Findings } from './checkRecord.js';
import { isLongerThan } from './checkValues.js';
import type { MixpanelProfile } from './profile.js';
import type { ProjectState } from './project.js';

const cutoff2010Ms = Date.UTC(2010, 0, 1);

/** Stores one record. */
export function keepRecord(
  ledger: Ledger,
  profile: MixpanelProfile,
  request: FakeRequest,
  state: ProjectState,
  index: number,
  record: Readonly<Record<string, unknown>>,
  found: Findings,
  nowMs: number,
): void {
  const person = found.lacksDistinctId ? personOf(request.remoteAddress) : found.distinctId;
  const hot = isHot(state, person, found.timeMs, ledger.mode === 'full');
  if (hot) ledger.violate(request.seq, 'hotShard');
  ledger.store(
    {
      seq: request.seq,
      index,
      project: state.project.projectId,
      receivedAt: nowMs,
      id: found.insertId,
      eventPart: found.event,
      personPart: person,
      timePart: found.time,
    },
    () => ({
      person,
      ...effectiveEvent(record, found, hot, nowMs, person),
      hidden: profile.cutoff2010 && found.timeMs < cutoff2010Ms,
    }),
  );
}

/** Mixpanel, hot shard page: more than 200,000 events of one person on one date. */
function isHot(state: ProjectState, person: string, timeMs: number, full: boolean): boolean {
  const limit = state.project.limits?.hotShardEvents;
  if ((!full && limit === undefined) || person === '') return false;
  const shard = `${Math.floor(timeMs / 86_400_000)} ${person}`;
  const count = (state.shards.get(shard) ?? 0) + 1;
  state.shards.set(shard, count);
  return count > (limit ?? 200_000);
}

/** The event as Mixpanel stores it. */
function effectiveEvent(
  record: Readonly<Record<string, unknown>>,
  { cut, emptied, overwritesTime, lacksDistinctId, geo }: Findings,
  hot: boolean,
  nowMs: number,
  person: string,
): Pick<StoredEvent, 'event' | 'altered'> {
  const properties = cutStrings(record['properties'], cut.length > 0) as Record<string, unknown>;
  for (const path of emptied) properties[path.slice('properties.'.length)] = null;
  if (overwritesTime) properties['time'] = nowMs;
  if (lacksDistinctId) properties['distinct_id'] = person;
  // An invented place: tests only check whether there is one.
  if (geo !== 'none') Object.assign(properties, { $city: 'Fakeville', $region: 'Fakeshire', mp_country_code: 'XX' });
  delete properties['ip'];
  const event = cutStrings(record['event'], true);
  const altered = [...cut, ...emptied];
  if (!hot) return { event: { event, properties }, altered };
  const original = { mp_original_event_name: event, mp_original_distinct_id: properties['distinct_id'] };
  return { event: { event: '$hotshard_events', properties: { ...properties, distinct_id: '', ...original } }, altered };
}

/** The distinct_id that Mixpanel generates for an event without one. */
function personOf(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 32);
}

function cutStrings(value: unknown, deep: boolean): unknown {
  if (typeof value === 'string') return isLongerThan(value, 255) ? cutAt(value, 255) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return deep ? value.map((item) => cutStrings(item, true)) : value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep ? cutStrings(inner, true) : inner]));
}

/** The longest prefix of a text that fits, ending between two characters. */
function cutAt(text: string, bytes: number): string {
  const encoded = Buffer.from(text, 'utf8');
  let end = bytes;
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.subarray(0, end).toString('utf8');
}
