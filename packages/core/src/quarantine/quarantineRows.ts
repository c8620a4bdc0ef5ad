import { packFingerprints } from '../eventIndex/packFingerprints.js';
import { packContent } from './content.js';
import type { QuarantineBudget } from './quarantineBudget.js';

/** An event that the catalogue refused, on its way into the quarantine. */
export interface RefusedEvent {
  readonly position: number;
  readonly code: string;
  readonly detail: string;
  readonly raw: string;
  /** Of the ids that it has, for the event index. */
  readonly fingerprints?: readonly number[];
}

/** A row of `quarantine_batch` to insert: some refused events of one request. */
export interface QuarantineRow {
  readonly tokenId: number;
  readonly positions: Buffer;
  readonly codes: readonly string[];
  readonly codeIndexes: Buffer;
  readonly eventCounts: readonly number[];
  /** Undefined when the budget has no room for the bodies. */
  readonly content: Buffer | undefined;
  /** As `packFingerprints` writes them; empty for events that are kept without their bodies. */
  readonly fingerprints: Buffer;
}

/** A row ends with the event that brings it to so many characters, so that reading one takes some milliseconds. */
const maxRowCharacters = 512 * 1024;
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
  for (const [index, { raw, detail }] of refused.entries()) {
    characters += Math.min(raw.length, maxBodyCharacters) + detail.length;
    if (characters < maxRowCharacters && index < refused.length - 1) continue;
    yield refused.slice(start, index + 1);
    start = index + 1;
    characters = 0;
  }
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
  const codes = [...new Set(events.map(({ code }) => code))];
  const positions = Buffer.alloc(events.length * 4);
  const codeIndexes = Buffer.alloc(events.length);
  const eventCounts = codes.map(() => 0);
  for (const [index, { position, code }] of events.entries()) {
    const codeIndex = codes.indexOf(code);
    positions.writeUInt32BE(position, index * 4);
    codeIndexes[index] = codeIndex;
    eventCounts[codeIndex]! += 1;
  }
  return { tokenId, positions, codes, codeIndexes, eventCounts };
}

/** PostgreSQL's text holds no NUL, and what is released is stored again. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
