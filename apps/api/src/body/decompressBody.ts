import { createGunzip, gunzipSync } from 'node:zlib';
import type { Refusal } from '../problem.js';
import { bodyTooLarge, tooBusy } from './bodyRefusals.js';

/** A gzip member ends with the size of its contents, modulo 2^32 (RFC 1952, 2.3.1). */
const sizeBytes = 4;
const chunkSize = 256 * 1024;
/** Up to so many bytes are decompressed at once, in a quarter of a millisecond: the thread pool would cost more than that. */
const atOnceBytes = 64 * 1024;

/**
 * Decompresses a body to at most `maxBodyBytes`, or returns why it cannot be read.
 * @param encoding the header Content-Encoding.
 * @param reserve is asked for the number of bytes before they are made; false refuses the body.
 */
export async function decompressBody(
  body: Buffer[],
  encoding: string | undefined,
  maxBodyBytes: number,
  reserve: (bytes: number) => boolean,
): Promise<Buffer[] | Refusal> {
  const name = (encoding ?? 'identity').toLowerCase();
  if (name === 'identity') return body;
  // HTTP has two names for it (RFC 9110, 8.4.1.3).
  if (name !== 'gzip' && name !== 'x-gzip')
    return { code: 'UNSUPPORTED_ENCODING', detail: 'expected content-encoding gzip or none' };
  if (body.length === 0) return body;
  const end = Buffer.concat(body.slice(-sizeBytes).map((chunk) => chunk.subarray(-sizeBytes))).subarray(-sizeBytes);
  const stated = end.length < sizeBytes ? 0 : end.readUInt32LE();
  // The sender may state anything, and of several members only the last one's size is stated.
  const expectedBytes = Math.max(1, Math.min(stated, maxBodyBytes));
  if (!reserve(expectedBytes)) return tooBusy;
  const atOnce = expectedBytes <= atOnceBytes ? gunzipAtOnce(body, expectedBytes) : undefined;
  return atOnce ? [atOnce] : gunzip(body, expectedBytes, maxBodyBytes, reserve);
}

/** What gzip adds to contents that it cannot compress (RFC 1952, 2.3; RFC 1951, 3.2.4). */
const overheadBytes = 64;

/** Undefined when the contents are longer than expected, as their own length shows at times, or damaged. */
function gunzipAtOnce(body: readonly Buffer[], expectedBytes: number): Buffer | undefined {
  const bytes = body.reduce((sum, { length }) => sum + length, 0);
  if (bytes > expectedBytes + overheadBytes) return undefined;
  try {
    return gunzipSync(Buffer.concat(body, bytes), { maxOutputLength: expectedBytes });
  } catch {
    return undefined;
  }
}

/** @param reservedBytes are reserved. Once the contents are longer, so is the rest of what they may have. */
function gunzip(
  body: readonly Buffer[],
  reservedBytes: number,
  maxBytes: number,
  reserve: (bytes: number) => boolean,
): Promise<Buffer[] | Refusal> {
  return new Promise((resolve) => {
    const stream = createGunzip({ chunkSize });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Buffer[] | Refusal): void => {
      stream.destroy();
      resolve(result);
    };
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) return finish(bodyTooLarge(maxBytes));
      if (bytes > reservedBytes) {
        if (!reserve(maxBytes - reservedBytes)) return finish(tooBusy);
        reservedBytes = maxBytes;
      }
      chunks.push(chunk);
    });
    stream.once('end', () => finish(chunks));
    stream.once('error', () =>
      finish({ code: 'MALFORMED_GZIP', detail: 'the body is not valid gzip, although content-encoding says so' }),
    );
    for (const chunk of body) stream.write(chunk);
    stream.end();
  });
}
