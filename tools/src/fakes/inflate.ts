import { gunzipSync } from 'node:zlib';

export type Inflated = { readonly bytes: Uint8Array } | { readonly refused: 'encoding' | 'gzip' | 'tooLarge' };

/** The maximum size that a fake decompresses, independent of the partner's limit. */
export const inflationGuardBytes = 64 * 1024 * 1024;

/** The body without its Content-Encoding. Inflating stops just above `limitBytes`; bytes after the end of the gzip stream are refused. */
export function inflate(
  body: Uint8Array,
  encoding: string | undefined,
  limitBytes: number = inflationGuardBytes,
): Inflated {
  const named = encoding?.trim().toLowerCase() ?? '';
  if (named === '' || named === 'identity')
    return body.byteLength > limitBytes ? { refused: 'tooLarge' } : { bytes: body };
  if (named !== 'gzip') return { refused: 'encoding' };
  try {
    const inflated = gunzipSync(body, {
      info: true,
      chunkSize: outputGuess(body, limitBytes),
      maxOutputLength: limitBytes,
    }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return inflated.engine.bytesWritten === body.byteLength ? { bytes: inflated.buffer } : { refused: 'gzip' };
  } catch (error) {
    return { refused: (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'tooLarge' : 'gzip' };
  }
}

/** The uncompressed size at the end of a gzip stream; with a buffer of that size, zlib need not concatenate chunks. */
function outputGuess(body: Uint8Array, limitBytes: number): number {
  if (body.byteLength < 18) return 1024;
  const size = new DataView(body.buffer, body.byteOffset + body.byteLength - 4, 4).getUint32(0, true);
  return Math.max(1024, Math.min(size + 64, limitBytes, 32 * 1024 * 1024));
}
