import { pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { HttpAnswer } from '@currents/connector';

/** A body that is longer is cut: no partner says anything useful in more. */
const maxBodyBytes = 1024 * 1024;
/** A streamed body that is longer is broken off. A cohort of ten million members has less than 1 GB. */
export const maxStreamedBytes = 16 * 1024 * 1024 * 1024;

/** An answer whose body cannot be read; the message is fit for a `detail`. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/**
 * Reads a whole answer. Its body is decompressed, and cut after 1 MiB: no more than that is decompressed. A body in an
 * unknown coding is left out, and so is one that is damaged, because the status still says what to do. One that breaks off
 * is left out only where the status refuses: servers close the connection early as they refuse a long request. What a
 * success confirms may have been lost with the rest.
 */
export async function readAnswer(response: Dispatcher.ResponseData): Promise<HttpAnswer> {
  const { statusCode: status } = response;
  const headers = singleHeaders(response.headers);
  // Some servers announce a length where there is no body, which undici takes for a broken one.
  if (hasNoBody(status) || !hasKnownCodings(headers)) {
    await response.body.dump().catch(() => undefined);
    return { status, headers, body: '', ...(!hasNoBody(status) && { unread: unknownCoding }) };
  }
  try {
    return { status, headers, body: await readText(response, headers) };
  } catch (error) {
    if (error instanceof UnreadableAnswer) return { status, headers, body: '', unread: error.message };
    if (status >= 200 && status < 300) throw error;
    return { status, headers, body: '', unread: 'the answer broke off' };
  }
}

async function readText(response: Dispatcher.ResponseData, headers: Readonly<Record<string, string>>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decompressedBody(response, headers)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBodyBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBodyBytes);
}

/** No content, and not modified (RFC 9110, 6.4.1). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/** Header names in lower case, and values without blanks around them; repeated headers are joined by commas. */
export function singleHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    // undici leaves the blanks after a value in place, which are no part of it (RFC 9112, 5).
    single[name.toLowerCase()] = (Array.isArray(value) ? value.join(', ') : value).trim();
  }
  return single;
}

type Bytes = AsyncIterable<Buffer>;

/**
 * The body, decompressed as it is read: proxies and servers compress although nothing asked them to. Throws
 * `UnreadableAnswer` for an unknown or damaged compression. Ending the iteration early closes the connection.
 */
export function decompressedBody(response: Dispatcher.ResponseData, headers: Readonly<Record<string, string>>): Bytes {
  const codings = codingsOf(headers);
  if (codings.length > maxCodings)
    throw new UnreadableAnswer(`expected an answer compressed at most ${maxCodings} times, got ${codings.length}`);
  // The last one applied is the first one undone.
  return codings.reduceRight<Bytes>(decompressed, response.body as Bytes);
}

/** The codings in the order in which they were applied; `identity` stands for none. */
function codingsOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return (headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

const unknownCoding = 'expected an answer compressed with gzip, deflate, br or nothing, got something else';
const knownCodings = new Set(['gzip', 'x-gzip', 'br', 'deflate']);

function hasKnownCodings(headers: Readonly<Record<string, string>>): boolean {
  return codingsOf(headers).every((coding) => knownCodings.has(coding));
}

/** Each layer multiplies what a few bytes can become. */
const maxCodings = 2;

async function* decompressed(source: Bytes, coding: string): AsyncGenerator<Buffer> {
  const bytes = source[Symbol.asyncIterator]();
  try {
    const first = await bytes.next();
    // An empty body has no compressed form of its own.
    if (first.done === true) return;
    const decoder = createDecoder(coding, first.value);
    const rest: Bytes = { [Symbol.asyncIterator]: () => bytes };
    yield* pipeline(Readable.from(startingWith(first.value, rest)), decoder, () => undefined) as Bytes;
  } catch (error) {
    throw isDamage(error) ? new UnreadableAnswer(`the answer is not valid ${coding}`, { cause: error }) : error;
  } finally {
    await bytes.return?.();
  }
}

function createDecoder(coding: string, first: Buffer) {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      // Meant is zlib (RFC 9110, 8.4.1.2), whose first byte names the method 8; many servers send bare DEFLATE.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
    default:
      throw new UnreadableAnswer(unknownCoding);
  }
}

async function* startingWith(first: Buffer, rest: Bytes): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** zlib's codes begin with `Z_`, those of brotli with `ERR_` or `ERR__`. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(Z_|ERR_BROTLI|ERR__)/.test(code);
}
