import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import type { Refusal } from './problem.js';

const decompress = promisify(gunzip);

/** The body of a request whose parser left a buffer, decompressed to at most `maxBodyBytes`; or why it cannot be read. */
export async function decompressBody(request: FastifyRequest, maxBodyBytes: number): Promise<Buffer | Refusal> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return body;
  // HTTP has two names for it (RFC 9110, 8.4.1.3).
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    return { code: 'UNSUPPORTED_ENCODING', detail: 'expected content-encoding gzip or none' };
  if (body.length === 0) return body;
  try {
    return await decompress(body, { maxOutputLength: maxBodyBytes, chunkSize: 256 * 1024 });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge
      ? bodyTooLarge(maxBodyBytes)
      : { code: 'MALFORMED_GZIP', detail: 'the body is not valid gzip, although content-encoding says so' };
  }
}

export function bodyTooLarge(maxBodyBytes: number): Refusal {
  return {
    code: 'BODY_TOO_LARGE',
    detail: `expected a body of at most ${maxBodyBytes} bytes, decompressed; send several smaller requests`,
  };
}
