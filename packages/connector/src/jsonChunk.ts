import type { Item } from './connector.js';
import type { BodyPiece } from './http.js';

/** Items whose texts were made in one go, which costs much less than making them one by one. */
export interface JsonChunk {
  /** The items' texts, in order, with commas between: in UTF-8, as they leave. */
  readonly json: Uint8Array;
  /** The items' ids, in order. */
  readonly ids: readonly string[];
}

/** The items' texts with commas between: pieces of a body, to stand inside the list that a partner takes. */
export function joinJson(items: readonly Item<unknown>[]): BodyPiece[] {
  const pieces: BodyPiece[] = [];
  for (let at = 0; at < items.length;) {
    const item = items[at] as Item<unknown>;
    const chunk = wholeChunkAt(items, at);
    if (at > 0) pieces.push(',');
    pieces.push(chunk ? chunk.json : item.json);
    at += chunk ? chunk.ids.length : 1;
  }
  return pieces;
}

/** The chunk that begins at this place, if all of it is here, in its own order. */
export function wholeChunkAt<Given extends Item<unknown>>(items: readonly Given[], at: number): Given['chunk'] {
  const chunk = items[at]?.chunk;
  if (!chunk || at + chunk.ids.length > items.length) return undefined;
  for (let place = 0; place < chunk.ids.length; place++) {
    const item = items[at + place] as Given;
    if (item.chunk !== chunk || item.id !== chunk.ids[place]) return undefined;
  }
  return chunk;
}
