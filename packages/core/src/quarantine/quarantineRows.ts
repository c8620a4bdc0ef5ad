import { packContent } from './content.js';
import type { QuarantineBudget } from './quarantineBudget.js';

/** An event that the catalogue refused, on its way into the quarantine. */
export interface RefusedEvent {
  readonly position: number;
  readonly code: string;
  readonly detail: string;
  readonly raw: string;
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
    const content = budget.hasRoom(tokenId, 1) ? await packContent(events.map(keep)) : undefined;
    rows.push({ ...describe(tokenId, events), content: content && budget.reserve(tokenId, content) });
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
