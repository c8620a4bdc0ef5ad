import { gzipSync } from 'node:zlib';
import { Agent, request, type Dispatcher } from 'undici';

export interface Said {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly text: string;
  /** Undefined when the answer is not JSON. */
  readonly body: any;
}

export interface RawRequest {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** `gzip` compresses a text body; bytes are sent unchanged. */
  readonly encoding?: string;
  readonly agent?: Agent;
  readonly timeoutMs?: number;
}

/** Sends one raw request, by default on a new connection; does not retry, follow redirects or correct the request. */
export async function sendRaw(
  url: string,
  { method = 'POST', headers = {}, body, encoding, agent, timeoutMs }: RawRequest,
): Promise<Said> {
  const own = agent === undefined ? new Agent({ pipelining: 1 }) : undefined;
  const bytes = encoding === 'gzip' && typeof body === 'string' ? gzipSync(body) : body;
  try {
    const response = await request(url, {
      method,
      headers: { ...headers, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) },
      dispatcher: (agent ?? own) as Agent,
      ...(timeoutMs === undefined ? {} : { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
      ...(method === 'GET' || bytes === undefined ? {} : { body: bytes }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text, body: parse(text) };
  } finally {
    await own?.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
