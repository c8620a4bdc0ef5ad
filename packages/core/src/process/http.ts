import { gzip, gzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import type { BodyPiece, HttpAnswer, HttpRequest, StreamingHttp } from '@currents/connector';
import { Agent, request as send, type Dispatcher } from 'undici';
import {
  decompressedBody,
  hasNoBody,
  maxStreamedBytes,
  readAnswer,
  singleHeaders,
  UnreadableAnswer,
} from './httpAnswer.js';
import { createProxyAgent, ProxyFailed, type Proxies } from './httpProxy.js';
import { AddressNotAllowed, createConnect } from './httpConnect.js';
import { signWebhook } from './webhookSignature.js';

const compress = promisify(gzip);

/** Level 1 is the cheapest; more memory makes it cheaper still, and large chunks save round trips to the thread pool. */
const compression = { level: 1, memLevel: 9, chunkSize: 256 * 1024 };
/** Up to so many bytes are compressed at once, in a quarter of a millisecond: the thread pool would cost more than that. */
const atOnceBytes = 64 * 1024;

/** What the operator allows of the network. */
export interface Network {
  /** Whether requests may go to loopback and private addresses. */
  readonly allowPrivateAddresses: boolean;
  /** Every request goes directly to its host when undefined. */
  readonly proxies?: Proxies | undefined;
}

export interface HttpOptions extends Network {
  /** From sending the request to having read the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Connections to one partner host. */
  readonly connections: number;
  /** The time for signatures in milliseconds, by Postgres where there is a choice; default: the clock of the process. */
  readonly now?: () => number;
}

/**
 * The only network access to partners and webhooks. Redirects are answers and not followed, so that credentials never
 * travel to another host. Addresses are checked when a connection is made, after DNS: see `createConnect`.
 */
export function createHttp({
  timeoutMs,
  connections,
  now = () => Date.now(),
  ...network
}: HttpOptions): StreamingHttp & { close(): Promise<void> } {
  const connectTimeoutMs = Math.min(timeoutMs, 10_000);
  const { proxies, allowPrivateAddresses } = network;
  const options = {
    connections,
    connect: createConnect({ timeoutMs: connectTimeoutMs, allowPrivateAddresses }),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    // Below the 5 s after which common servers close an idle connection, so that none is reused as it closes.
    keepAliveTimeout: 4_000,
  };
  const agent = proxies
    ? createProxyAgent({ ...options, proxies, timeoutMs: connectTimeoutMs, allowPrivateAddresses })
    : new Agent(options);
  return {
    request: (request) => answer(agent, signed(request, now), timeoutMs),
    stream: (request, take) => stream(agent, request, take),
    close: () => agent.close(),
  };
}

async function answer(agent: Dispatcher, request: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
  try {
    return await readAnswer(await open(agent, request, AbortSignal.timeout(timeoutMs)));
  } catch (error) {
    return { status: 0, ...failureOf(error) };
  }
}

/** Without a limit to the whole: how long a file takes depends on its length. The agent ends what stands still. */
async function stream(
  agent: Dispatcher,
  request: HttpRequest,
  take: (piece: Uint8Array) => Promise<void> | void,
): Promise<HttpAnswer> {
  let refusal: { readonly error: unknown } | undefined;
  try {
    const response = await open(agent, request);
    const { statusCode: status } = response;
    if (status < 200 || status >= 300 || hasNoBody(status)) return await readAnswer(response);
    const headers = singleHeaders(response.headers);
    let bytes = 0;
    for await (const piece of decompressedBody(response, headers)) {
      bytes += piece.length;
      if (bytes > maxStreamedBytes)
        throw new UnreadableAnswer(`expected an answer of at most ${maxStreamedBytes} bytes, got more`);
      try {
        await take(piece);
      } catch (error) {
        refusal = { error };
        throw error;
      }
    }
    return { status, headers, body: '' };
  } catch (error) {
    if (refusal) throw refusal.error;
    return { status: 0, ...failureOf(error) };
  }
}

async function open(
  agent: Dispatcher,
  { method, url, headers, body, gzip: zip }: HttpRequest,
  signal?: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const plain = body === undefined || typeof body === 'string' ? body : inOnePiece(body);
  const packed = zip && plain !== undefined ? await compressed(plain) : plain;
  return send(url, {
    method,
    dispatcher: agent,
    headers: zip ? { ...headers, 'content-encoding': 'gzip' } : { ...headers },
    body: packed ?? null,
    ...(signal && { signal }),
  });
}

/** The request with the headers that it asks to be signed with, and its body in one piece. */
function signed(request: HttpRequest, now: () => number): HttpRequest {
  const { signature, body = '' } = request;
  if (!signature) return request;
  const text = typeof body === 'string' ? body : inOnePiece(body);
  const { id, secret } = signature;
  const headers = signWebhook({ secrets: [secret], id, body: text, nowMs: now() });
  return { ...request, body: typeof text === 'string' ? text : [text], headers: { ...request.headers, ...headers } };
}

function compressed(plain: string | Buffer): Buffer | Promise<Buffer> {
  return plain.length <= atOnceBytes ? gzipSync(plain, { level: compression.level }) : compress(plain, compression);
}

function inOnePiece(pieces: readonly BodyPiece[]): Buffer {
  if (pieces.length === 1 && pieces[0] instanceof Buffer) return pieces[0];
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ABORT_ERR', 'TimeoutError']);
const unreachables = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Names what went wrong without the URL or the headers, which may hold credentials. */
function failureOf(error: unknown): { failure: 'timeout' | 'unreachable' | 'broken'; detail: string } {
  if (error instanceof AddressNotAllowed || error instanceof ProxyFailed)
    return { failure: 'unreachable', detail: error.message };
  if (error instanceof UnreadableAnswer) return { failure: 'broken', detail: error.message };
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
