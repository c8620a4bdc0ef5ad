import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EventMaker } from './eventMaker.js';

const eventsAtATime = 500;

/** Writes the events from 0 to `count`, one a line. */
export async function writeNdjson(path: string, make: EventMaker, count: number): Promise<void> {
  function* lines(): Generator<string> {
    for (let first = 0; first < count; first += eventsAtATime) {
      let text = '';
      for (let number = first; number < Math.min(first + eventsAtATime, count); number++)
        text += `${JSON.stringify(make(number))}\n`;
      yield text;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}
