import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Receipt } from './eventClient.js';

/** An answer that repeating the request cannot change. */
export interface FinalAnswer {
  readonly status: number;
  /** What the hub took; undefined if it refused the request. */
  readonly receipt: Receipt | undefined;
  readonly text: string;
}

export type RepeatingClient = ReturnType<typeof openRepeatingClient>;

const pauseMs = 100;

/**
 * A sender that gives up nothing: after a broken connection, a 5xx or a 429 it repeats the same body without limit, so
 * that its answers say exactly what the hub has taken. A function is asked for the address of the api at each try.
 */
export function openRepeatingClient(url: string | (() => string), token: string, connections: number) {
  const choose = typeof url === 'string' ? () => url : url;
  const agent = new Agent({ connections, headersTimeout: 10_000, bodyTimeout: 10_000, connect: { timeout: 2_000 } });
  const troubles: Record<string, number> = {};

  /** Returns the answer, or the name of a failure after which the body is sent again. */
  async function tryOnce(body: string | Buffer, contentType: string): Promise<FinalAnswer | string> {
    let status, text;
    try {
      const headers = { authorization: `Bearer ${token}`, 'content-type': contentType };
      const response = await request(`${choose()}/v1/events`, { method: 'POST', dispatcher: agent, headers, body });
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'broken';
    }
    if (status === 429 || status >= 500) return `HTTP ${status}`;
    return { status, text, receipt: status === 200 ? (JSON.parse(text) as Receipt) : undefined };
  }

  return {
    /** Resolves once the request is taken or refused for good. Rejects only after `signal` is aborted. */
    async post(
      body: string | Buffer,
      {
        contentType = 'application/json',
        signal,
      }: { readonly contentType?: string; readonly signal?: AbortSignal } = {},
    ): Promise<FinalAnswer> {
      for (;;) {
        signal?.throwIfAborted();
        const answer = await tryOnce(body, contentType);
        if (typeof answer !== 'string') return answer;
        troubles[answer] = (troubles[answer] ?? 0) + 1;
        await wait(pauseMs);
      }
    },
    /** Repeated requests by the failure before. */
    troubles: troubles as Readonly<Record<string, number>>,
    close: () => agent.close(),
  };
}
