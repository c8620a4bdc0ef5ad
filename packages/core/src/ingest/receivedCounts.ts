import { catalogue, findEventType } from '@currents/schema';
import type { IngestRequest } from './ingestRequest.js';

/** What one commit counted, as `count_entry` stores it. Later releases may add keys. */
export interface CountEntry {
  /** Ingest token, event type ('' if none of the catalogue), accepted, quarantined, repeated and released events. */
  readonly received: readonly ReceivedRow[];
  /** Current, and the accepted events that it did not select. */
  readonly unselected: readonly (readonly [number, number])[];
}

type ReceivedRow = readonly [number, string, number, number, number, number];

/** How accepted events came: from a sender, from one who sent the same request before, or out of the quarantine. */
export type Arrival = 'new' | 'repeated' | 'released';

const kinds = { accepted: 0, quarantined: 1, repeated: 2, released: 3 } as const;
const kindCount = 4;
const noType = catalogue.length;

/** Counts the events of requests by ingest token and event type. An event costs one addition in an array. */
export function countsOf(
  requests: readonly Pick<IngestRequest, 'tokenId' | 'types' | 'refused'>[],
  arrival: Arrival,
): CountEntry['received'] {
  const acceptedKind = kinds[arrival === 'new' ? 'accepted' : arrival];
  const refusedKind = arrival === 'new' ? kinds.quarantined : acceptedKind;
  const byToken = new Map<number, Uint32Array>();
  for (const { tokenId, types, refused } of requests) {
    let counts = byToken.get(tokenId);
    if (!counts) byToken.set(tokenId, (counts = new Uint32Array((noType + 1) * kindCount)));
    for (const { index } of types) counts[index * kindCount + acceptedKind]! += 1;
    for (const { raw } of refused) counts[typeNamedIn(raw) * kindCount + refusedKind]! += 1;
  }
  return [...byToken].flatMap(([tokenId, counts]) => rowsOf(tokenId, counts));
}

function rowsOf(tokenId: number, counts: Uint32Array): readonly ReceivedRow[] {
  const rows: ReceivedRow[] = [];
  for (let type = 0; type <= noType; type++) {
    const at = type * kindCount;
    const [accepted, quarantined] = [counts[at]!, counts[at + 1]!];
    const [repeated, released] = [counts[at + 2]!, counts[at + 3]!];
    if (accepted + quarantined + repeated + released > 0)
      rows.push([tokenId, catalogue[type]?.name ?? '', accepted, quarantined, repeated, released]);
  }
  return rows;
}

/** Where a sender names the type: Braze writes it before the properties. */
const searchedCharacters = 4_096;

/** The index of the event type that a refused event names; `noType` if it names none of the catalogue. */
function typeNamedIn(raw: string): number {
  const [, name = ''] = /"event_type"\s*:\s*"([^"\\]{1,200})"/.exec(raw.slice(0, searchedCharacters)) ?? [];
  return findEventType(name)?.index ?? noType;
}
