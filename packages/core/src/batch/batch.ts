import { brotliCompress, brotliCompressSync, brotliDecompress, brotliDecompressSync, constants } from 'node:zlib';
import { promisify } from 'node:util';
import { decodeText, readStored, type CatalogueEvent } from '@currents/schema';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Node's default of 16 KiB makes dozens of round trips through the thread pool for one batch. */
const chunkSize = 256 * 1024;
/** Brotli 1 packs these events smaller than gzip 1 in half the time. A window of 256 KB loses 4 % of that, and is quicker to set up. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 };
export const compression = { chunkSize, params };
/**
 * Up to so many bytes are compressed and decompressed at once, in a quarter of a millisecond at most. The way through the
 * thread pool and back costs several times as much as the few events of a small batch.
 */
const atOnceBytes = 64 * 1024;
/**
 * A batch is read in slices of about this many bytes: the events of one are mapped, serialized and freed before the next
 * is read, which keeps them in the CPU caches and in the young generation of the heap.
 */
const sliceBytes = 48 * 1024;

/**
 * The first byte of a stored batch is the version of its form; versions go up to `lastVersion`. This one is a space,
 * because the release before it reads that as part of the JSON that follows, and both run side by side during an upgrade.
 * Left out are the bytes that begin a form from before there were versions: `[`, and those that begin its Brotli streams.
 */
const version = 0x20;
const lastVersion = 0x3f;

/** The accepted events of one request: their JSON as `readBody` returns it, and their number. */
export interface BatchPart {
  readonly json: Buffer;
  readonly events: number;
}

/** Consecutive events of a batch. */
export interface BatchSlice {
  readonly count: number;
  /** Bytes of its text. */
  readonly bytes: number;
  /** Parses the events on each call. Throws `BatchUnreadable` when they are damaged. */
  read(): readonly CatalogueEvent[];
}

/** A slice whose text is at hand. */
export interface SearchableSlice extends BatchSlice {
  /** Whether its text has these bytes, which is quicker than to parse it. */
  has(bytes: Buffer): boolean;
}

/** Why a batch cannot be read: its bytes are wrong or gone, or a later release of the hub has stored it. */
type UnreadableReason = 'damaged' | 'missing' | 'newer';

const unreadable: Readonly<Record<UnreadableReason, string>> = {
  damaged: 'the stored bytes of its batch are damaged',
  missing: 'its batch is no longer stored',
  newer: 'its batch was stored by a later release of the hub than the one that reads it',
};

/** The events of a batch, or of a slice of it, cannot be read. The message is fit for people. */
export class BatchUnreadable extends Error {
  constructor(
    readonly reason: UnreadableReason,
    options?: ErrorOptions,
  ) {
    super(unreadable[reason], options);
    this.name = 'BatchUnreadable';
  }
}

/**
 * Packs accepted requests into the content of one batch: the version, a line with the bytes and events of each slice,
 * then the compressed parts with a comma before, between and after them.
 */
export async function packBatch(parts: readonly BatchPart[]): Promise<Buffer> {
  const lengths = createSliceLengths();
  for (const part of parts) lengths.add(part);
  const plain = joined(parts);
  const compressed =
    plain.length <= atOnceBytes ? brotliCompressSync(plain, { params }) : await compress(plain, compression);
  return contentOf(lengths.all(), [compressed]);
}

/** Counts the bytes and events of each slice. */
export function createSliceLengths() {
  const lengths: number[] = [];
  let bytes = 0;
  let events = 0;
  const close = (): void => {
    if (bytes > 0) lengths.push(bytes, events);
    bytes = 0;
    events = 0;
  };
  return {
    add(part: BatchPart): void {
      bytes += 1 + part.json.length;
      events += part.events;
      if (bytes >= sliceBytes) close();
    },
    /** Ends the last slice. */
    all(): readonly number[] {
      close();
      return lengths;
    },
  };
}

/** The content of a batch with these slices, whose Brotli stream is in these chunks. */
export function contentOf(lengths: readonly number[], compressed: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(version), Buffer.from(`${JSON.stringify(lengths)}\n`), ...compressed]);
}

/** The memory of the parts if they are adjacent with commas between them; otherwise a copy. */
function joined(parts: readonly BatchPart[]): Buffer {
  const bytes = parts.reduce((sum, { json }) => sum + json.length + 1, 1);
  return inPlace(parts, bytes) ?? Buffer.concat([comma, ...parts.flatMap(({ json }) => [json, comma])], bytes);
}

function inPlace(parts: readonly BatchPart[], bytes: number): Buffer | undefined {
  const { buffer, byteOffset } = (parts[0] as BatchPart).json;
  if (byteOffset === 0 || byteOffset - 1 + bytes > buffer.byteLength) return undefined;
  const memory = Buffer.from(buffer, byteOffset - 1, bytes);
  let at = 0;
  for (const { json } of parts) {
    if (json.buffer !== buffer || json.byteOffset !== byteOffset + at || memory[at] !== comma[0]) return undefined;
    at += json.length + 1;
  }
  return memory[at] === comma[0] ? memory : undefined;
}

const comma = Buffer.from(',');
const open = 0x5b;
const close = 0x5d;
const newline = 0x0a;

/** The slices of a batch in any form, in the order in which they were stored. Rejects with `BatchUnreadable`. */
export async function openBatch(content: Buffer): Promise<SearchableSlice[]> {
  const first = content[0] ?? 0;
  try {
    if (first === version) return await openSlices(content.subarray(1));
    if (first === open) return await openSlices(content);
    if (beginsBrotli(first)) return await openUnversioned(content);
  } catch (cause) {
    throw new BatchUnreadable('damaged', { cause });
  }
  throw new BatchUnreadable(first > version && first <= lastVersion ? 'newer' : 'damaged');
}

/** The present form after its version byte. It was stored without one for a while. */
async function openSlices(content: Buffer): Promise<SearchableSlice[]> {
  const head = content.indexOf(newline);
  const lengths = readLengths(content.subarray(0, head));
  const bytes = lengths.reduce((sum, length, index) => (index % 2 === 0 ? sum + length : sum), 1);
  // A little more than needed: Node allocates another chunk when one is full.
  const options = { chunkSize: bytes + 64, maxOutputLength: bytes };
  const compressed = content.subarray(head + 1);
  const plain =
    bytes <= atOnceBytes ? brotliDecompressSync(compressed, options) : await decompress(compressed, options);
  if (plain.length !== bytes) throw new Error(`expected ${bytes} bytes in a batch, got ${plain.length}`);
  const slices: SearchableSlice[] = [];
  let at = 0;
  for (let index = 0; index < lengths.length; index += 2) {
    const text = plain.subarray(at, (at += lengths[index] as number) + 1);
    slices.push(sliceOf(lengths[index + 1] as number, text.length, () => asList(text)));
  }
  return slices;
}

function readLengths(line: Buffer): readonly number[] {
  const lengths: unknown = JSON.parse(line.toString('latin1'));
  if (!Array.isArray(lengths) || lengths.length % 2 !== 0 || !lengths.every((length) => Number.isSafeInteger(length)))
    throw new Error('expected pairs of numbers before the events of a batch');
  return lengths as readonly number[];
}

function sliceOf(count: number, bytes: number, text: () => Buffer): SearchableSlice {
  return {
    count,
    bytes,
    has: (sought) => text().includes(sought),
    read() {
      let events: readonly CatalogueEvent[];
      try {
        events = readStored(decodeText(text()));
      } catch (cause) {
        throw new BatchUnreadable('damaged', { cause });
      }
      if (events.length !== count) throw new BatchUnreadable('damaged');
      return events;
    },
  };
}

/** Whether a Brotli stream with a window of 18 or 22 bits, as batches had, begins with this byte (RFC 7932, 9.1). */
function beginsBrotli(first: number): boolean {
  return (first & 0x0f) === 0x03 || (first & 0x0f) === 0x0b;
}

/**
 * The two forms before the present one, compressed as a whole: at first one JSON list, and then a line with the bytes and
 * events of each slice, before slices that are each a JSON list.
 */
async function openUnversioned(content: Buffer): Promise<SearchableSlice[]> {
  const plain = await decompress(content, { chunkSize: 256 * 1024 });
  if (!/^\[\d/.test(plain.toString('latin1', 0, 2))) {
    const { length } = readStored(decodeText(plain));
    return [sliceOf(length, plain.length, () => plain)];
  }
  const head = plain.indexOf(newline);
  const lengths = readLengths(plain.subarray(0, head));
  const slices: SearchableSlice[] = [];
  let at = head + 1;
  for (let index = 0; index < lengths.length; index += 2) {
    const text = plain.subarray(at, (at += lengths[index] as number));
    slices.push(sliceOf(lengths[index + 1] as number, text.length, () => text));
  }
  return slices;
}

/** Replaces the commas around a slice by brackets. Its neighbours share them, and replace them likewise when they are read. */
function asList(text: Buffer): Buffer {
  text[0] = open;
  text[text.length - 1] = close;
  return text;
}

/** All events of a batch. Rejects with `BatchUnreadable`. */
export async function unpackBatch(content: Buffer): Promise<CatalogueEvent[]> {
  return (await openBatch(content)).flatMap((slice) => slice.read());
}

/** The events of a batch by their positions, as far as they can be read. */
export async function readableEvents(content: Buffer): Promise<readonly (CatalogueEvent | undefined)[]> {
  const events: (CatalogueEvent | undefined)[] = [];
  try {
    for (const slice of await openBatch(content)) events.push(...eventsOrGaps(slice));
  } catch (error) {
    if (!(error instanceof BatchUnreadable)) throw error;
  }
  return events;
}

function eventsOrGaps(slice: BatchSlice): readonly (CatalogueEvent | undefined)[] {
  try {
    return slice.read();
  } catch (error) {
    if (!(error instanceof BatchUnreadable)) throw error;
    return Array.from({ length: slice.count });
  }
}
