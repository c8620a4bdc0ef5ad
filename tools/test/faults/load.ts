import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { events } from '../endToEnd/events.js';

export interface LoadOptions {
  readonly url: string;
  readonly token: string;
  readonly requestsPerSecond: number;
  readonly eventsPerRequest: number;
}

export interface Sent {
  /** The ids of all events that were sent at least once. */
  readonly all: ReadonlySet<string>;
  /** The ids of the events of requests with a 2xx response. */
  readonly acknowledged: ReadonlySet<string>;
  /** The number of retried requests, by failure. */
  readonly troubles: Readonly<Record<string, number>>;
}

export interface Load {
  /** The events sent so far. */
  readonly sent: Sent;
  /** Starts no new request, and resolves when all started ones are acknowledged. Rejects after an unexpected response. */
  stop(): Promise<Sent>;
}

/** The maximum number of requests in flight; the sender waits above it, as a sender with bounded memory does. */
const maxUnderWay = 64;

/**
 * Sends like the platform: requests at a constant rate over open connections; after a broken connection, a 5xx or a 429
 * it repeats the same body without limit.
 */
export function startLoad({ url, token, requestsPerSecond, eventsPerRequest }: LoadOptions): Load {
  const agent = new Agent({
    connections: maxUnderWay,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    connect: { timeout: 2_000 },
  });
  const all = new Set<string>();
  const acknowledged = new Set<string>();
  const troubles: Record<string, number> = {};
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;

  async function send(): Promise<void> {
    const batch = events(eventsPerRequest);
    for (const { id } of batch) all.add(id);
    const body = JSON.stringify({ events: batch });
    for (;;) {
      const trouble = await post(body);
      if (trouble === undefined) break;
      troubles[trouble] = (troubles[trouble] ?? 0) + 1;
      await wait(100);
    }
    for (const { id } of batch) acknowledged.add(id);
  }

  /** Returns the failure, undefined on success. Throws after a response that a retry cannot change. */
  async function post(body: string): Promise<string | undefined> {
    let status, text;
    try {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await request(`${url}/v1/events`, { method: 'POST', dispatcher: agent, headers, body });
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'broken';
    }
    if (status === 429 || status >= 500) return `HTTP ${status}`;
    if (status < 200 || status >= 300) throw new Error(`HTTP ${status}: ${text}`);
    const { accepted } = JSON.parse(text) as { accepted: number };
    if (accepted !== eventsPerRequest) throw new Error(`${eventsPerRequest} events were sent; the answer says ${text}`);
    return undefined;
  }

  const timer = setInterval(() => {
    if (underWay.size >= maxUnderWay) return;
    const sending = send().catch((error: Error) => void (failure ??= error));
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
  }, 1_000 / requestsPerSecond);

  const sent: Sent = { all, acknowledged, troubles };
  return {
    sent,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      await agent.close();
      if (failure !== undefined) throw failure;
      return sent;
    },
  };
}
