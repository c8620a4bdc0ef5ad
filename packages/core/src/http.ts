import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { BodyPiece, Http, HttpAnswer, HttpRequest } from '@currents/connector';
import { Agent, request as send } from 'undici';

const compress = promisify(gzip);

/** An answer longer than this is cut: no partner says anything useful in more. */
const longestAnswerBytes = 1024 * 1024;

/** Level 1 is the cheapest; more memory makes it cheaper still, and large chunks save round trips to the thread pool. */
const compression = { level: 1, memLevel: 9, chunkSize: 256 * 1024 };

export interface HttpOptions {
  /** From sending the request to having read the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Connections to one partner host. */
  readonly connections: number;
}

/** The only way to a partner. Redirects are answers, not followed: credentials never travel to another host. */
export function createHttp({ timeoutMs, connections }: HttpOptions): Http & { close(): Promise<void> } {
  const agent = new Agent({
    connections,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // Below the 5 s after which common servers close an idle connection, so that none is reused as it closes.
    keepAliveTimeout: 4_000,
  });
  return {
    request: (request) => answer(agent, request, timeoutMs),
    close: () => agent.close(),
  };
}

async function answer(agent: Agent, { method, url, headers, body, gzip: zip }: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
  try {
    const plain = body === undefined || typeof body === 'string' ? body : inOnePiece(body);
    const packed = zip && plain !== undefined ? await compress(plain, compression) : plain;
    const response = await send(url, {
      method,
      dispatcher: agent,
      headers: zip ? { ...headers, 'content-encoding': 'gzip' } : { ...headers },
      body: packed ?? null,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > longestAnswerBytes) break;
    }
    return {
      status: response.statusCode,
      headers: singleHeaders(response.headers),
      body: Buffer.concat(chunks).toString('utf8', 0, longestAnswerBytes),
    };
  } catch (error) {
    return { status: 0, ...failureOf(error) };
  }
}

function inOnePiece(pieces: readonly BodyPiece[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

function singleHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return single;
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ABORT_ERR', 'TimeoutError']);
const unreachables = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Names what went wrong without the URL or the headers, which may hold credentials. */
function failureOf(error: unknown): { failure: 'timeout' | 'unreachable' | 'broken'; detail: string } {
  const code = errorCode(error);
  if (timeouts.has(code)) return { failure: 'timeout', detail: 'no answer in time' };
  if (unreachables.has(code)) return { failure: 'unreachable', detail: `no connection (${code})` };
  return { failure: 'broken', detail: `the connection broke (${code})` };
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error.cause instanceof Error) return errorCode(error.cause);
  return error.name;
}
