import type { Readable } from 'node:stream';

/** A stream that is resumed gives what it had read ahead (64 KB), and what it reads until it is paused again. */
const resumedAtOnce = 2;

export type ReadTurns = ReturnType<typeof createReadTurns>;

/**
 * Bounds the bytes of all bodies that are read in one turn of the event loop. Without it, a turn reads up to 2 MB from
 * each connection that has as much. libuv accepts one new connection per turn, so that new callers would wait for
 * seconds while many connections send at once.
 */
export function createReadTurns(maxBytes = 256 * 1024) {
  /** Oldest first: when the byte budget is full, few bodies have been read in vain. */
  const waiting: Readable[] = [];
  const ages = new WeakMap<Readable, number>();
  let age = 0;
  let isTurn = false;
  let usedBytes = 0;

  function beginTurn(): void {
    isTurn = true;
    usedBytes = 0;
    setImmediate(endTurn);
  }

  function endTurn(): void {
    isTurn = false;
    if (waiting.length === 0) return;
    beginTurn();
    for (const stream of waiting.splice(0, resumedAtOnce)) stream.resume();
  }

  function ageOf(stream: Readable): number {
    const known = ages.get(stream);
    if (known !== undefined) return known;
    ages.set(stream, ++age);
    return age;
  }

  return {
    /** Counts what a stream has just given. Beyond the limit, the stream is paused, and resumed in a later turn. */
    count(stream: Readable, bytes: number): void {
      if (!isTurn) beginTurn();
      usedBytes += bytes;
      const own = ageOf(stream);
      if (usedBytes < maxBytes) return;
      stream.pause();
      waiting.splice(waiting.findLastIndex((other) => ageOf(other) < own) + 1, 0, stream);
    },
  };
}
