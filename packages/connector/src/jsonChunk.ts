import type { Item } from './connector.js';
import type { BodyPiece } from './http.js';

/** The items' texts separated by commas, as pieces of a request body. */
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

/** The chunk that begins at this index, if all of its items follow in order. */
export function wholeChunkAt<Given extends Item<unknown>>(items: readonly Given[], at: number): Given['chunk'] {
  const chunk = items[at]?.chunk;
  if (!chunk || at + chunk.ids.length > items.length) return undefined;
  for (let place = 0; place < chunk.ids.length; place++) {
    const item = items[at + place] as Given;
    if (item.chunk !== chunk || item.id !== chunk.ids[place]) return undefined;
  }
  return chunk;
}
