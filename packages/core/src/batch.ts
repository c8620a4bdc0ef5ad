import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { promisify } from 'node:util';
import { readStored, type CatalogueEvent } from '@currents/schema';
import { textOf } from './textOf.js';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Node's default of 16 KiB makes dozens of round trips through the thread pool for one batch. */
const chunkSize = 256 * 1024;
/** About what an event unpacks to: one piece of this many bytes an event need not be put together from several. */
const eventBytes = 800;
/** Brotli 1 packs these events smaller than gzip 1 in half the time. A window of 256 KB loses 4 % of that, and is quicker to set up. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 };
/**
 * A batch is read a segment at a time, of about this many bytes: so the events of one are mapped, written and forgotten
 * before the next one is read, which keeps them in the processor's caches and out of the garbage collector's way.
 */
const segmentBytes = 48 * 1024;

/** The events of one accepted request: as the JSON text that `readBody` answered, and how many they are. */
export interface Part {
  readonly json: Buffer;
  readonly events: number;
}

/** A stretch of a batch. */
export interface Segment {
  readonly count: number;
  /** Parses the events anew each time. */
  read(): readonly CatalogueEvent[];
}

/**
 * Packs accepted requests into the content of one batch. Unpacked, that is a line that tells bytes and events of each
 * segment, and then the segments, each a JSON list of parts.
 */
export function packBatch(parts: readonly Part[]): Promise<Buffer> {
  const lengths: number[] = [];
  const pieces: Buffer[] = [];
  let bytes = 0;
  let events = 0;
  for (const [index, part] of parts.entries()) {
    pieces.push(bytes === 0 ? open : comma, part.json);
    bytes += 1 + part.json.length;
    events += part.events;
    if (bytes < segmentBytes && index < parts.length - 1) continue;
    pieces.push(close);
    lengths.push(bytes + 1, events);
    bytes = 0;
    events = 0;
  }
  return compress(Buffer.concat([Buffer.from(`${JSON.stringify(lengths)}\n`), ...pieces]), { chunkSize, params });
}

const open = Buffer.from('[');
const comma = Buffer.from(',');
const close = Buffer.from(']');
const newline = 0x0a;

/** The segments of a batch of about so many events, in the order in which they were stored. */
export async function openBatch(content: Buffer, events: number): Promise<Segment[]> {
  const plain = await decompress(content, { chunkSize: Math.max(chunkSize, Math.min(events * eventBytes, 16 * chunkSize)) });
  const head = plain.indexOf(newline);
  const lengths = JSON.parse(plain.toString('latin1', 0, head)) as readonly number[];
  const segments: Segment[] = [];
  let at = head + 1;
  for (let index = 0; index < lengths.length; index += 2) {
    const bytes = plain.subarray(at, (at += lengths[index] as number));
    segments.push({ count: lengths[index + 1] as number, read: () => readStored(textOf(bytes)) });
  }
  return segments;
}

/** The events of a batch, all at once. */
export async function unpackBatch(content: Buffer): Promise<CatalogueEvent[]> {
  return (await openBatch(content, 0)).flatMap((segment) => segment.read());
}
