import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { promisify } from 'node:util';
import { readStored, type CatalogueEvent } from '@currents/schema';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Node's default of 16 KiB makes dozens of round trips through the thread pool for one batch. */
const chunkSize = 256 * 1024;
/** Brotli 1 packs these events smaller than gzip 1 in half the time. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };

const open = Buffer.from('[');
const comma = Buffer.from(',');
const close = Buffer.from(']');

/** Packs accepted requests into the content of one batch. Each part is the JSON text that `readBody` answered. */
export function packBatch(parts: readonly Buffer[]): Promise<Buffer> {
  const pieces: Buffer[] = [open];
  for (const [index, part] of parts.entries()) {
    if (index > 0) pieces.push(comma);
    pieces.push(part);
  }
  pieces.push(close);
  return compress(Buffer.concat(pieces), { chunkSize, params });
}

/** The events of a batch, in the order in which they were stored. */
export async function unpackBatch(content: Buffer): Promise<CatalogueEvent[]> {
  return readStored((await decompress(content, { chunkSize })).toString());
}
