import { packFingerprints } from '../eventIndex/packFingerprints.js';
import { packContent } from './content.js';
import type { QuarantineBudget } from './quarantineBudget.js';

/** An event that the catalogue refused, on its way into the quarantine. */
export interface RefusedEvent {
  readonly position: number;
  readonly code: string;
  readonly detail: string;
  readonly raw: string;
  /** As it says, if that may be the name of a type: letters, digits, `.`, `_`, `:` and `-`. */
  readonly eventType?: string | undefined;
  /** Of the ids that it has, for the event index. */
  readonly fingerprints?: readonly number[];
}

/** A row of `quarantine_batch` to insert: some refused events of one request. */
export interface QuarantineRow {
  readonly tokenId: number;
  readonly positions: Buffer;
  /** The code of each kind of event; several kinds may have the same one. */
  readonly codes: readonly string[];
  /** The event type of each kind; empty if it is not known. */
  readonly eventTypes: readonly string[];
  readonly codeIndexes: Buffer;
  readonly eventCounts: readonly number[];
  /** Undefined when the budget has no room for the bodies. */
  readonly content: Buffer | undefined;
  /** As `packFingerprints` writes them; empty for events that are kept without their bodies. */
  readonly fingerprints: Buffer;
}

/** A row ends with the event that brings it to so many characters, so that reading one takes some milliseconds. */
const maxRowCharacters = 512 * 1024;
/** Kinds of events are numbered by a byte. A row ends before the event that would be of one more. */
const maxKinds = 250;
/** Of a longer event only the beginning is kept: the catalogue accepts none so long, so it could never be released. */
const maxBodyCharacters = 512 * 1024;

/** Packs the refused events of a request into rows, the bodies only as far as the budget has room for them. */
export async function packQuarantine(
  { tokenId, refused }: { readonly tokenId: number; readonly refused: readonly RefusedEvent[] },
  budget: QuarantineBudget,
): Promise<readonly QuarantineRow[]> {
  const rows: QuarantineRow[] = [];
  for (const events of cut(refused)) {
    const packed = budget.hasRoom(tokenId, 1) ? await packContent(events.map(keep)) : undefined;
    const content = packed && budget.reserve(tokenId, packed);
    const fingerprints = packFingerprints(content ? events : []);
    rows.push({ ...describe(tokenId, events), content, fingerprints });
  }
  return rows;
}

function* cut(refused: readonly RefusedEvent[]): Generator<readonly RefusedEvent[]> {
  let start = 0;
  let characters = 0;
  let kinds = new Set<string>();
  for (const [index, { raw, detail, ...event }] of refused.entries()) {
    const kind = kindOf(event);
    if (kinds.size === maxKinds && !kinds.has(kind)) {
      yield refused.slice(start, index);
      [start, characters, kinds] = [index, 0, new Set()];
    }
    kinds.add(kind);
    characters += Math.min(raw.length, maxBodyCharacters) + detail.length;
    if (characters < maxRowCharacters && index < refused.length - 1) continue;
    yield refused.slice(start, index + 1);
    [start, characters, kinds] = [index + 1, 0, new Set()];
  }
}

/** Events of one code and type are counted together. */
function kindOf({ code, eventType = '' }: Pick<RefusedEvent, 'code' | 'eventType'>): string {
  return `${code} ${eventType}`;
}

function keep({ detail, raw }: RefusedEvent) {
  const isCut = raw.length > maxBodyCharacters;
  // Half a surrogate pair would not be text.
  return {
    detail: storable(detail),
    body: storable(isCut ? raw.slice(0, maxBodyCharacters).toWellFormed() : raw),
    isCut,
  };
}

function describe(tokenId: number, events: readonly RefusedEvent[]) {
  const kinds = new Map(events.map((event) => [kindOf(event), event]));
  const indexes = new Map([...kinds.keys()].map((kind, index) => [kind, index]));
  const codes = [...kinds.values()].map(({ code }) => code);
  const eventTypes = [...kinds.values()].map(({ eventType }) => eventType ?? '');
  const positions = Buffer.alloc(events.length * 4);
  const codeIndexes = Buffer.alloc(events.length);
  const eventCounts = codes.map(() => 0);
  for (const [index, event] of events.entries()) {
    const codeIndex = indexes.get(kindOf(event)) as number;
    positions.writeUInt32BE(event.position, index * 4);
    codeIndexes[index] = codeIndex;
    eventCounts[codeIndex]! += 1;
  }
  return { tokenId, positions, codes, eventTypes, codeIndexes, eventCounts };
}

/** PostgreSQL's text holds no NUL, and what is released is stored again. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
