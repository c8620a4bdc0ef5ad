import { createBrotliCompress } from 'node:zlib';
import { compression, contentOf, createSliceLengths, type BatchPart } from './batch.js';

/** Brotli finds repetitions only within what it gets at once, and no farther back than this. */
const blockBytes = 256 * 1024;
const comma = Buffer.from(',');

export type BatchPacker = ReturnType<typeof openBatchPacker>;

/**
 * Makes the content of a batch, as `packBatch` does, of parts that come one after another. It copies them into blocks and
 * compresses each block once it is full, so it holds little beside the compressed bytes. Has to be closed.
 */
export function openBatchPacker() {
  const brotli = createBrotliCompress(compression);
  const lengths = createSliceLengths();
  const compressed: Buffer[] = [];
  const isCompressed = new Promise<void>((resolve, reject) => {
    brotli.on('data', (chunk: Buffer) => void compressed.push(chunk));
    brotli.once('end', resolve).once('error', reject);
  });
  // Only `finish` waits for it.
  isCompressed.catch(() => undefined);
  const free: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafeSlow(blockBytes);
  let used = 0;
  let blocksUnderWay = 0;
  let written: Promise<void> | undefined;

  function append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(block, used, at);
      used += copied;
      at += copied;
      if (used === blockBytes) compressBlock();
    }
  }

  function compressBlock(): void {
    const full = block;
    blocksUnderWay++;
    written = new Promise((resolve) => {
      brotli.write(full.subarray(0, used), () => {
        blocksUnderWay--;
        free.push(full);
        resolve();
      });
    });
    block = free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    used = 0;
  }

  append(comma);
  return {
    /** Takes a copy of a part. */
    add(part: BatchPart): void {
      lengths.add(part);
      append(part.json);
      append(comma);
    },
    /** What to wait for before the next part is added; undefined if it may be added now. */
    busy(): Promise<void> | undefined {
      return blocksUnderWay > 1 ? written : undefined;
    },
    /** The content of the batch. */
    async finish(): Promise<Buffer> {
      if (used > 0) compressBlock();
      brotli.end();
      await isCompressed;
      return contentOf(lengths.all(), compressed);
    },
    /** Frees what the compressor holds. May be called again. */
    close(): void {
      brotli.destroy();
    },
  };
}
