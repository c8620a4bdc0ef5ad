import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Refusal } from '../problem.js';
import { bodyTooLarge, tooBusy } from './bodyRefusals.js';

const decompress = promisify(gunzip);

/** A gzip member ends with the size of its contents, modulo 2^32 (RFC 1952, 2.3.1). */
const sizeBytes = 4;

/**
 * Decompresses a body to at most `maxBodyBytes`, or returns why it cannot be read.
 * @param encoding the header Content-Encoding.
 * @param reserve is asked for the number of bytes before they are made; false refuses the body.
 */
export async function decompressBody(
  body: Buffer,
  encoding: string | undefined,
  maxBodyBytes: number,
  reserve: (bytes: number) => boolean,
): Promise<Buffer | Refusal> {
  const name = (encoding ?? 'identity').toLowerCase();
  if (name === 'identity') return body;
  // HTTP has two names for it (RFC 9110, 8.4.1.3).
  if (name !== 'gzip' && name !== 'x-gzip')
    return { code: 'UNSUPPORTED_ENCODING', detail: 'expected content-encoding gzip or none' };
  if (body.length === 0) return body;
  const stated = body.length < sizeBytes ? 0 : body.readUInt32LE(body.length - sizeBytes);
  // The sender may state anything, and of several members only the last one's size is stated.
  const expectedBytes = Math.max(1, Math.min(stated, maxBodyBytes));
  if (!reserve(expectedBytes)) return tooBusy;
  const bytes = await decompressTo(body, expectedBytes);
  if (bytes !== 'too_large') return bytes;
  if (expectedBytes === maxBodyBytes) return bodyTooLarge(maxBodyBytes);
  if (!reserve(maxBodyBytes - expectedBytes)) return tooBusy;
  const all = await decompressTo(body, maxBodyBytes);
  return all === 'too_large' ? bodyTooLarge(maxBodyBytes) : all;
}

async function decompressTo(body: Buffer, maxBytes: number): Promise<Buffer | Refusal | 'too_large'> {
  try {
    return await decompress(body, { maxOutputLength: maxBytes, chunkSize: 256 * 1024 });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge
      ? 'too_large'
      : { code: 'MALFORMED_GZIP', detail: 'the body is not valid gzip, although content-encoding says so' };
  }
}
